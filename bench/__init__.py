"""The measured promises: what the design says about size, speed and cost, measured on this machine."""
