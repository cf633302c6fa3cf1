"""The error tree of the advisor. Tool errors (`tools.errors.ToolError`) pass through unchanged.

AdvisorError                base; text in both languages, a stable code and an exit code
├── ThreadUnknown           no such thread for this scope: foreign and unknown look alike (exit 3)
├── SettingsInvalid         a setting has a bad value: names the field (exit 2)
├── StoreUnavailable        the database refuses or does not answer: says which and why, never a password (exit 4)
├── ModelUnavailable        the endpoint is dead, slow or talks nonsense; the planner takes over unless forbidden (exit 4)
│   ├── ModelSpent          the merchant's own limit of the day is reached: no fault of the endpoint
│   └── ToolsUnsupported    the endpoint chooses no tools; the planner's tool plan stands and the model may still write
├── TurnTimeout             the turn's one deadline passed with nothing to say (exit 4)
│   └── TurnBusy            the turn waited for its place up to the deadline and did not get one (exit 4)
└── TurnTaken               another process has taken this turn up, or it has ended: nothing of it is written here (exit 3)
"""

from __future__ import annotations

from tools.text import Lang, Text

__all__ = [
    "AdvisorError",
    "ModelSpent",
    "ModelUnavailable",
    "SettingsInvalid",
    "StoreUnavailable",
    "ThreadUnknown",
    "ToolsUnsupported",
    "TurnBusy",
    "TurnTaken",
    "TurnTimeout",
]


class AdvisorError(Exception):
    code = "advisor_error"
    exit_code = 3

    def __init__(self, message: Text) -> None:
        super().__init__(message.en)
        self.message = message

    def text(self, lang: Lang) -> str:
        return self.message.get(lang)


class ThreadUnknown(AdvisorError):
    code = "thread_unknown"


class SettingsInvalid(AdvisorError):
    code = "settings_invalid"
    exit_code = 2


class StoreUnavailable(AdvisorError):
    code = "store_unavailable"
    exit_code = 4


class ModelUnavailable(AdvisorError):
    code = "model_unavailable"
    exit_code = 4


class ModelSpent(ModelUnavailable):
    code = "model_spent"


class ToolsUnsupported(ModelUnavailable):
    code = "tools_unsupported"


class TurnTimeout(AdvisorError):
    code = "turn_timeout"
    exit_code = 4


class TurnBusy(TurnTimeout):
    code = "turn_busy"


class TurnTaken(AdvisorError):
    code = "turn_taken"
