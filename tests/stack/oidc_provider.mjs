// A real OpenID Connect provider (the npm package oidc-provider) on a free loopback port.
//
// Arguments: the redirect URI of its only client, its id and its secret. The first line of the output is the issuer.
// Anybody signs in with their e-mail address as the login, and any password. Logins that begin with "unverified" have an
// address that is not verified, and those that begin with "moving" have another address each time.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [redirectUri, clientId, clientSecret] = process.argv.slice(2);
const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri] }],
    claims: { email: ["email", "email_verified"], profile: ["name"] },
    cookies: { keys: ["tests"] },
    pkce: { required: () => true },
    findAccount: (_context, login) => ({
      accountId: login,
      claims: () => ({
        sub: login,
        email: login.startsWith("moving") ? `${crypto.randomUUID()}@example.com` : login,
        email_verified: !login.startsWith("unverified"),
        name: `Name of ${login}`,
      }),
    }),
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
process.stdin.resume();
process.stdin.on("end", () => process.exit());
