"""The local stack: Shylight on an emulated AWS (ministack or LocalStack), started and stopped with one command."""
