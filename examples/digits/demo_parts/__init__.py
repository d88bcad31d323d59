"""What the demo is made of: how it speaks, the engine it drives, the listener it receives webhooks with."""
