"""How a prompt gets shorter: its passages, and one module for each way of shortening them."""
