"""Makes the environments that R3MES runs in. The standard library only: it runs before anything is installed."""
