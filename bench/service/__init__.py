"""The service under load, beside the peer, the framework alone and itself at another size."""
