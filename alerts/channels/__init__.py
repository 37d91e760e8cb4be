"""How a desk is reached. One file a channel; `port` is the door that all of them come through."""
