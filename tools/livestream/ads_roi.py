"""Return on ad spend at which an advertised sale stops losing money: the algebra of paid traffic, net of returns, fees and parcels.

`m` is what one yuan of paid GMV leaves before ads and fixed costs (`economics.UnitEconomics.contribution`). A return (投产比, ROI) is always
paid GMV ÷ spend here; pages that print (income − cost) ÷ cost mean another figure.

    break-even ROI           1 / m
    with a room's fixed cost G / (G*m - F)         paid GMV G and fixed cost F of the same period
    net ROI                  ROI * (1 - r)         what is left of the sales after returns, still before cost of goods
    left per yuan of ads     ROI * m - 1
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tools.livestream.economics import UnitEconomics

__all__ = ["at_order_value", "even_roi", "even_roi_fixed", "left_per_yuan", "net_roi"]

ONE = Decimal(1)


def even_roi(margin: Decimal) -> Decimal | None:
    """Break-even ROI at a contribution of `margin` per yuan paid. None: a sale loses money even without ads."""
    return ONE / margin if margin > 0 else None


def even_roi_fixed(gmv: Decimal, margin: Decimal, fixed: Decimal) -> Decimal | None:
    """The ROI of a period's whole GMV at which its fixed cost is earned too. None: nothing is left to pay ads with."""
    left = gmv * margin - fixed
    return gmv / left if left > 0 else None


def net_roi(roi: Decimal, refunded: Decimal) -> Decimal:
    """退后投产: surface ROI times the share of sales that is not returned."""
    return roi * (ONE - refunded)


def left_per_yuan(roi: Decimal, margin: Decimal) -> Decimal:
    """What one yuan of ads leaves after itself; negative is a loss."""
    return roi * margin - ONE


def at_order_value(unit: UnitEconomics, value: Decimal | None, refunded: Decimal | None = None) -> UnitEconomics:
    """The unit at a plan's own order value (parcels weigh more on small orders) and, where known, its own refund share."""
    own = unit if value is None or value <= 0 else replace(unit, order_value=value)
    return own if refunded is None else own.with_refunds(refunded)
