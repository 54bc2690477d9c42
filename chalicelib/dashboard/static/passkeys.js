// Forms that a passkey submits. They are hidden without JavaScript, and where the browser has no passkeys.
"use strict";

const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const withBytes = (credentials) => (credentials || []).map((one) => ({ ...one, id: toBytes(one.id) }));

// Browsers of 2023 and before have no PublicKeyCredential.parseRequestOptionsFromJSON and no credential.toJSON.
const decoded = (options) => ({
  ...options,
  challenge: toBytes(options.challenge),
  ...(options.user && { user: { ...options.user, id: toBytes(options.user.id) } }),
  allowCredentials: withBytes(options.allowCredentials),
  excludeCredentials: withBytes(options.excludeCredentials),
});
const encoded = ({ id, rawId, type, response }) => {
  const names = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const given = names.filter((name) => response[name]).map((name) => [name, toText(response[name])]);
  const transports = response.getTransports ? { transports: response.getTransports() } : {};
  return JSON.stringify({ id, rawId: toText(rawId), type, response: { ...Object.fromEntries(given), ...transports } });
};

const answer = async (form) => {
  const fields = new URLSearchParams(new FormData(form));
  const asked = await fetch(form.dataset.options, { method: "POST", body: fields });
  if (!asked.ok || asked.redirected) throw new Error(`the options were refused: ${asked.status}`);
  const publicKey = decoded(await asked.json());
  const credential =
    form.dataset.passkey === "create"
      ? await navigator.credentials.create({ publicKey })
      : await navigator.credentials.get({ publicKey });
  form.elements.credential.value = encoded(credential);
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) {
    for (const note of document.querySelectorAll("[data-no-passkeys]")) note.hidden = false;
    continue;
  }
  form.hidden = false;
  const failed = form.querySelector(".alert");
  const button = form.querySelector("button");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    failed.hidden = true;
    button.disabled = true;
    try {
      await answer(form);
      form.submit();
    } catch {
      failed.hidden = false;
    } finally {
      button.disabled = false;
    }
  });
}
