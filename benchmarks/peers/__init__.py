"""One job on several stream engines, ours among them."""
