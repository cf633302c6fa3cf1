"""Reading a merchant's offers: every wrong field is named in both languages, and what would take too long is refused."""

from __future__ import annotations

from pydantic import ValidationError

from tools.errors import BadArguments
from tools.fields import wrong_fields
from tools.playbooks.pricing import Offers, choices
from tools.text import Text

__all__ = ["parse_offers"]

_MOST_TRIES = 60_000  # baskets × choices × rooms × audiences: about two seconds


def parse_offers(raw: object) -> Offers:
    """Validate plain data. Raises BadArguments naming every wrong field, in both languages."""
    if not isinstance(raw, dict):
        raise BadArguments(Text("到手价需要一组“字段: 值”。", "A price needs a set of `field: value` lines."))
    try:
        found = Offers.model_validate(raw)
    except ValidationError as error:
        wrong = wrong_fields(error)
        raise BadArguments(
            Text(f"到手价里有字段不对：{wrong.zh}。", f"Some fields of the price are wrong: {wrong.en}.")
        ) from error
    if _tries(found) > _MOST_TRIES:
        raise BadArguments(
            Text(
                "优惠、渠道和人群的叠加组合太多，算不完；请只留同一时间有效的优惠，或减少 most_pieces 和 rooms。",
                "Too many combinations of offers, rooms and audiences to try; keep the offers valid together, or lower most_pieces and rooms.",
            )
        )
    return found


def _tries(item: Offers) -> int:
    rooms = {None, *item.rooms, *(o.room for o in item.offers), *(p.room for p in item.promises)}
    audiences = {offer.audience for offer in item.offers if offer.audience}
    return choices(item.offers) * item.most_pieces * len(rooms) * (len(audiences) + 2)
