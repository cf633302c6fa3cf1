"""What the advisor may do besides answering, each only after a person accepted it: the WRITE tools."""

from tools.effects.adopt import adopt_plan
from tools.effects.desk import EffectDesk
from tools.effects.export import save_export
from tools.effects.messages import file_feedback, notify_merchant, send_brief

__all__ = ["TOOLS", "EffectDesk"]

TOOLS = (adopt_plan, save_export, file_feedback, notify_merchant, send_brief)
