"""The GeoIP databases: open data from npm packages, put into the stage's bucket, where the worker fetches them.

Country: geo-whois-asn-country (CC0). Both are replaced by any ``.mmdb`` of the same kind, e.g. MaxMind's GeoLite2.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from botocore.exceptions import ClientError

from infra.cloud import Cloud, DeployError

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules" / "@ip-location-db"
COUNTRY = MODULES / "geo-whois-asn-country-mmdb" / "geo-whois-asn-country.mmdb"


def upload(cloud: Cloud) -> list[str]:
    """Put the databases into the bucket where they are missing or older; gives the keys written."""
    if not COUNTRY.is_file():
        raise DeployError("The country database is missing; `make setup` installs it.")
    prefix = cloud.names.geo_prefix
    files = {f"{prefix}country.mmdb": COUNTRY}
    return [key for key, path in files.items() if _put(cloud, key, path)]


def _put(cloud: Cloud, key: str, path: Path) -> bool:
    client, bucket = cloud.client("s3"), cloud.names.bucket
    body = path.read_bytes()
    digest = hashlib.sha256(body).hexdigest()
    try:
        if client.head_object(Bucket=bucket, Key=key)["Metadata"].get("sha256") == digest:
            return False
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"404", "NoSuchKey", "NotFound"}:
            raise
    client.put_object(Bucket=bucket, Key=key, Body=body, Metadata={"sha256": digest})
    return True
