"""The leakage audit: ways in which the answer may have reached the model."""

from deeprage.report.blocks import Check, Checks, Section
from deeprage.report.run_folder import RunFolder
from deeprage.report.wording import plain

#: Words for a severity that mean one of the page's levels.
_LEVELS = {
    "ok": ("ok", "none", "good", "fine", "pass"),
    "note": ("note", "info", "low"),
    "warning": ("warning", "warn", "attention", "medium"),
    "fail": ("fail", "error", "bad", "leak", "high", "critical"),
}


def audit(run: RunFolder) -> Section | None:
    """What was checked, what was found and what it means."""
    found = run.metrics.get("audit") or []
    if not found:
        return None
    checks = [
        Check(
            level=level(str(item.get("severity", ""))),
            name=plain(item.get("name")),
            value=plain(item.get("value")),
            verdict=plain(item.get("verdict")),
        )
        for item in found
    ]
    worrying = sum(check.level in ("warning", "fail") for check in checks)
    lead = (
        f"{worrying} of {len(checks)} checks ask for attention: read the scores with them in mind."
        if worrying
        else f"None of {len(checks)} checks found a way for the answer to reach the model."
    )
    return Section("audit", "Leakage audit", lead, [Checks("Ways in which answers leak", checks)])


def level(severity: str) -> str:
    """The page's level for a severity; `unknown` for a word that is not known."""
    word = severity.strip().lower()
    return next((name for name, words in _LEVELS.items() if word in words), "unknown")
