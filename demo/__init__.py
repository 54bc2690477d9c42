"""The demo: sites with weeks of history, and visitors who keep coming. Everything goes over HTTP."""
