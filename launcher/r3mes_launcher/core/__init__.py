"""The launcher without Qt: node controller, supervisor, telemetry, provisioning, settings."""
