"""The learning curve (Fig. 3a of the paper)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deeprage.report.blocks import Figure, Reading, Section
from deeprage.report.run_folder import RunFolder
from deeprage.report.style import BEST, MODEL, MUTED, REFERENCE, axis, dressed, label

if TYPE_CHECKING:
    from plotly.graph_objects import Figure as PlotlyFigure


def learning(run: RunFolder) -> Section | None:
    """Training loss and validation MSE by epoch, with the epoch that was kept."""
    history = run.history
    if not history:
        return None
    best = _best_epoch(run)
    last = history[-1]["epoch"]
    reading = Reading(
        "Upper panel: training loss. Lower panel: mean squared error on validation cells; the "
        "dashed line is the epoch that was kept"
        + (", the dotted line the best simple reference on the same cells." if _line(run) else "."),
        "Both fall and then level off, and the validation error ends below the reference.",
        "Still falling at the last epoch: train longer. Validation rises while training falls: "
        "more dropout, a smaller network or an earlier stop. Neither falls: another learning rate.",
    )
    lead = f"{len(history)} epochs"
    if best is not None:
        lead += f"; epoch {best} was best" + (
            ", the last one: training may have stopped too early." if best == last else "."
        )
    if run.stopped is not None:
        lead = f"{run.stopped} {lead}"
    figure = Figure("learning", "Learning curve", _curves(run, best), reading)
    return Section("learning", "Learning", lead, [figure])


def _best_epoch(run: RunFolder) -> int | None:
    """The epoch whose weights were kept, as training says, else the one with least loss."""
    if isinstance(kept := run.config.get("best_epoch"), int):
        return kept
    for key in ("validation_loss", "validation_mse"):
        known = [(epoch[key], epoch["epoch"]) for epoch in run.history if _is_number(epoch, key)]
        if known:
            return int(min(known)[1])
    return None


def _is_number(epoch: dict[str, Any], key: str) -> bool:
    return isinstance(epoch.get(key), int | float)


def _line(run: RunFolder) -> tuple[str, float] | None:
    """Name and validation MSE of the best reference."""
    found = run.best_reference("mse", role="validation", higher=False)
    value = found["mse"] if found else None
    return (found.predictor, value) if found and value is not None else None


def _curves(run: RunFolder, best: int | None) -> PlotlyFigure:
    from plotly.graph_objects import Scatter
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.09)
    epochs = [epoch["epoch"] for epoch in run.history]
    for row, key, name, colour in (
        (1, "train_loss", "training loss", MUTED),
        (2, "validation_mse", "validation MSE", MODEL),
    ):
        figure.add_trace(
            Scatter(
                x=epochs,
                y=[epoch.get(key) for epoch in run.history],
                name=name,
                mode="lines+markers",
                line={"color": colour, "width": 2},
                marker={"size": 6},
                text=[_hover(epoch) for epoch in run.history],
                hovertemplate="epoch %{x}: %{y:.4f}<br>%{text}<extra></extra>",
                showlegend=False,
            ),
            row=row,
            col=1,
        )
    if best is not None:
        figure.add_vline(x=best, line={"color": BEST, "dash": "dash", "width": 1.5})
        figure.add_annotation(
            x=best,
            y=1,
            yref="paper",
            yanchor="bottom",
            xanchor="right" if best > (epochs[0] + epochs[-1]) / 2 else "left",
            text=f"best epoch {best}",
            showarrow=False,
            font={"color": BEST},
        )
    if reference := _line(run):
        name, value = reference
        figure.add_hline(
            y=value,
            row=2,
            line={"color": REFERENCE, "dash": "dot", "width": 1.5},
            annotation={"text": f"{label(name)} {value:.3f}", "font": {"color": REFERENCE}},
            annotation_position="top left",
        )
    dressed(figure, height=460, hovermode="closest")
    figure.update_xaxes(**axis(""), row=1, col=1)
    figure.update_xaxes(**axis(f"epoch (the first is {epochs[0]})"), row=2, col=1)
    figure.update_yaxes(**axis("training loss"), row=1, col=1)
    figure.update_yaxes(**axis("validation MSE (log2²)"), row=2, col=1)
    return figure


def _hover(epoch: dict[str, Any]) -> str:
    parts = [
        f"{title} {epoch[key]:{form}}"
        for key, title, form in (
            ("validation_pearson", "Pearson", ".3f"),
            ("validation_accuracy", "accuracy", ".3f"),
            ("learning_rate", "learning rate", ".2g"),
            ("pairs_per_second", "pairs/s", ",.0f"),
        )
        if _is_number(epoch, key)
    ]
    return "<br>".join(parts)
