"""Prices of a shop."""

from decimal import Decimal

TAX = Decimal("0.19")


class Basket:
    """What a customer wants to buy."""

    def __init__(self):
        self.items = []

    def add(self, name, price):
        self.items.append((name, price))

    def total(self):
        result = Decimal(0)
        for name, price in self.items:
            result += price
        return result


def with_tax(amount):
    return amount * (1 + TAX)


def receipt(basket):
    lines = [f"{name}: {price}" for name, price in basket.items]
    lines.append(f"total: {basket.total()}")
    return "\n".join(lines)
