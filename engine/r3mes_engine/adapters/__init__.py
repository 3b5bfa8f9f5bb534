"""LoRA adapters: found, checked, loaded beside each other, and applied token by token."""
