"""Ridges over conditions and over genes: planted factors, no leak, no regulator told itself."""

import numpy as np

from deeprage.factorised.unseen_conditions import (
    Mixture,
    OverConditions,
    OverGenes,
    World,
    choose_mixture,
)


def world(seed: int = 0, *, genes: int = 150, conditions: int = 48, regulators: int = 30):
    """A matrix of three factors; the first genes are the regulators."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(genes, 3)) @ rng.normal(size=(3, conditions))
    values += 0.3 * rng.normal(size=values.shape) + rng.normal(size=(genes, 1))
    rows = np.arange(regulators)
    return World(values, values[:regulators].copy(), rows, rows)


SEEN, NEW = np.arange(36), np.arange(36, 48)


def test_planted_factors_predict_unseen_conditions_in_both_ways() -> None:
    truth = world()
    for way in (OverConditions(0.2, 3.0), OverGenes(0.1, 0.6)):
        found = way(truth, SEEN, NEW)
        assert np.corrcoef(found[30:].ravel(), truth.values[30:, NEW].ravel())[0, 1] > 0.85


def test_the_values_of_unseen_conditions_are_not_read() -> None:
    truth = world()
    hidden = truth.values.copy()
    hidden[:, NEW] = 1e6
    other = World(hidden, truth.levels, truth.regulator_rows, truth.regulator_slots)
    for way in (OverConditions(0.2, 3.0), OverGenes(0.1, 0.6)):
        np.testing.assert_array_equal(way(other, SEEN, NEW), way(truth, SEEN, NEW))


def test_permuted_levels_predict_nothing() -> None:
    truth = world()
    shuffled = truth.levels.copy()
    shuffled[:, NEW] = (
        np.random.default_rng(1).permutation(shuffled[:, NEW].ravel()).reshape(30, 12)
    )
    lost = World(truth.values, shuffled, truth.regulator_rows, truth.regulator_slots)
    centred = truth.values[30:, NEW] - truth.values[30:, SEEN].mean(axis=1, keepdims=True)
    for way in (OverConditions(0.2, 3.0), OverGenes(0.1, 0.6)):
        found = way(lost, SEEN, NEW)[30:] - truth.values[30:, SEEN].mean(axis=1, keepdims=True)
        assert abs(np.corrcoef(found.ravel(), centred.ravel())[0, 1]) < 0.35


def test_over_genes_a_regulator_is_predicted_without_its_own_level() -> None:
    truth = world()
    changed = truth.levels.copy()
    changed[4, NEW] += 50
    told = World(truth.values, changed, truth.regulator_rows, truth.regulator_slots)
    before, after = OverGenes(0.1, 0.6)(truth, SEEN, NEW), OverGenes(0.1, 0.6)(told, SEEN, NEW)
    np.testing.assert_allclose(after[4], before[4], atol=1e-6)
    assert np.abs(after[40] - before[40]).max() > 0.1


def test_the_mixture_is_at_least_as_good_as_either_way_on_series_left_out() -> None:
    truth = world()
    series = np.array([f"series {at // 6}" for at in range(48)])
    mixture = choose_mixture(truth, SEEN, series, np.arange(30, 150), np.random.default_rng(0))
    errors = [
        np.mean((way(truth, SEEN, NEW)[30:] - truth.values[30:, NEW]) ** 2)
        for way in (mixture, mixture.over_conditions, mixture.over_genes)
    ]
    assert errors[0] < 1.05 * min(errors[1:])
    assert min(mixture.weights) >= 0


def test_levels_that_were_not_measured_are_worked_out_from_the_others() -> None:
    truth = world()
    holes = np.random.default_rng(2).random(truth.levels.shape) < 0.4
    levels = np.where(holes, np.nan, truth.levels)
    part = World(truth.values, levels, truth.regulator_rows, truth.regulator_slots)
    zeroed = World(
        truth.values,
        np.where(holes, truth.values[:30, SEEN].mean(axis=1, keepdims=True), truth.levels),
        truth.regulator_rows,
        truth.regulator_slots,
    )
    mixture = Mixture(OverConditions(0.2, 3.0), OverGenes(0.1, 0.6), (0.5, 0.5))

    def error(known: World) -> float:
        found = mixture(known, SEEN, NEW)
        return float(np.mean((found - truth.values[:, NEW])[30:] ** 2))

    assert error(truth) < error(part) < 0.95 * error(zeroed)


def test_levels_that_were_not_measured_do_not_know_the_values_of_unseen_conditions() -> None:
    truth = world()
    levels = truth.levels.copy()
    levels[:5, NEW] = np.nan
    levels[5:9, SEEN[:10]] = np.nan
    hidden = truth.values.copy()
    hidden[:, NEW] = 1e6
    rows, slots = truth.regulator_rows, truth.regulator_slots
    mixture = Mixture(OverConditions(0.2, 3.0), OverGenes(0.1, 0.6), (0.5, 0.5))
    np.testing.assert_array_equal(
        mixture(World(hidden, levels, rows, slots), SEEN, NEW),
        mixture(World(truth.values, levels, rows, slots), SEEN, NEW),
    )


def test_gaps_are_filled_where_regulators_are_no_genes_too() -> None:
    truth = world()
    holes = np.random.default_rng(2).random(truth.levels.shape) < 0.4
    levels = np.where(holes, np.nan, truth.levels)
    nobody = np.zeros(0, dtype=np.intp)
    bare = World(truth.values[30:], levels, nobody, nobody)
    whole = bare.with_all_regulators(truth.levels)
    assert (whole.genes, whole.extra, len(whole.values)) == (120, 30, 150)
    assert whole.with_all_regulators(truth.levels).extra == 30
    mixture = Mixture(OverConditions(0.2, 3.0), OverGenes(0.1, 0.6), (0.5, 0.5))

    def error(known: World) -> float:
        found = mixture(known, SEEN, NEW)
        assert found.shape == (120, 12)
        return float(np.mean((found - truth.values[30:, NEW]) ** 2))

    assert error(whole) < 0.95 * error(bare)


def test_the_noise_of_a_condition_is_what_a_ridge_without_each_regulator_misses() -> None:
    truth, way = world(regulators=12), OverGenes(0.1, 0.6)
    levels = truth.levels.copy()
    levels[3, 40] = np.nan
    known = World(truth.values, levels, truth.regulator_rows, truth.regulator_slots)
    found = way.noise(known, SEEN, NEW)
    means = truth.values.mean() + (truth.values[:12, SEEN] - truth.values[:, SEEN].mean()).sum(
        axis=1
    ) / (len(SEEN) + 1)
    means += truth.values[:, SEEN].mean() - truth.values.mean()
    centred = np.nan_to_num(levels - means[:, None])
    gram, _ = way._kernels(centred[:, SEEN], centred[:, SEEN])
    squares = np.zeros((12, len(NEW)))
    for one in range(12):
        kept = np.setdiff1d(np.arange(12), one)
        weights = np.linalg.solve(gram[np.ix_(kept, kept)], centred[np.ix_(kept, NEW)])
        squares[one] = (centred[one, NEW] - gram[one, kept] @ weights) ** 2
    squares[3, list(NEW).index(40)] = np.nan
    np.testing.assert_allclose(found, np.sqrt(np.nanmean(squares, axis=0)), rtol=1e-6)


def test_a_noisy_new_condition_is_told_by_its_regulators_alone() -> None:
    truth = world()
    wild = truth.values.copy()
    rng = np.random.default_rng(4)
    wild[:, NEW[:4]] += 2 * rng.normal(size=(len(wild), 4))
    known = World(wild, wild[:30].copy(), truth.regulator_rows, truth.regulator_slots)
    noise = OverGenes(0.1, 0.6).noise(known, SEEN, NEW)
    assert noise[:4].min() > 2 * noise[4:].max()
    hidden = wild.copy()
    hidden[:, NEW] = 1e6
    blind = World(hidden, known.levels, truth.regulator_rows, truth.regulator_slots)
    np.testing.assert_array_equal(OverGenes(0.1, 0.6).noise(blind, SEEN, NEW), noise)
    error = np.sqrt(np.mean((OverGenes(0.1, 0.6)(known, SEEN, NEW) - wild[:, NEW]) ** 2, axis=0))
    assert np.corrcoef(error, noise)[0, 1] > 0.9


def test_a_condition_without_a_measured_regulator_has_no_noise() -> None:
    truth = world()
    levels = truth.levels.copy()
    levels[:, NEW[0]] = np.nan
    known = World(truth.values, levels, truth.regulator_rows, truth.regulator_slots)
    noise = OverGenes(0.1, 0.6).noise(known, SEEN, NEW)
    assert np.isnan(noise[0])
    assert np.isfinite(noise[1:]).all()


def plain_centred(known: World, seen: np.ndarray) -> tuple[np.ndarray, ...]:
    """Means drawn to that of all genes by one more value; values and levels less means."""
    values = known.values[:, seen]
    overall = values.mean()
    means = np.array([(row.sum() + overall) / (len(seen) + 1) for row in values])
    own = np.array([means[n] for n in range(len(known.levels))])
    return means, values - means[:, None], known.levels - own[:, None]


def plain_variance(values: np.ndarray, levels: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """What the leading factors leave of each regulator, with a floor from the whole matrix."""
    _, singular, factors = np.linalg.svd(values, full_matrices=False)
    kept = min(40, len(seen) // 3)
    left = levels[:, seen] @ (np.eye(len(seen)) - factors[:kept].T @ factors[:kept])
    floor = 0.01 * (singular**2).sum() / len(seen) / len(values)
    return (left**2).sum(axis=1) / (len(seen) - kept) + floor


def test_over_conditions_is_kernel_ridge_of_weighted_levels() -> None:
    from sklearn.kernel_ridge import KernelRidge

    known = world(genes=60, regulators=20)
    means, values, levels = plain_centred(known, SEEN)
    scaled = levels / np.sqrt(plain_variance(values, levels, SEEN))[:, None]
    x, asked = scaled[:, SEEN].T, scaled[:, NEW].T
    size = (x**2).sum(axis=1).mean()
    distances = ((x[:, None] - x[None]) ** 2).sum(axis=2)
    scale = 3.0 * np.median(distances)

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        far = ((a[:, None] - b[None]) ** 2).sum(axis=2)
        return a @ b.T / size + np.exp(-far / scale) + 1

    ridge = KernelRidge(alpha=0.2, kernel="precomputed").fit(kernel(x, x), values.T)
    expected = means[:, None] + ridge.predict(kernel(asked, x)).T
    np.testing.assert_allclose(OverConditions(0.2, 3.0)(known, SEEN, NEW), expected, atol=1e-6)


def test_over_genes_is_kernel_ridge_of_profiles_for_each_condition() -> None:
    from sklearn.kernel_ridge import KernelRidge

    known = world(genes=60, regulators=20)
    means, values, levels = plain_centred(known, SEEN)
    scaled = levels / np.sqrt(plain_variance(values, levels, SEEN))[:, None]
    unit = scaled / np.linalg.norm(scaled, axis=0)
    found = OverGenes(0.1, 0.6)(known, SEEN, NEW)
    for column in NEW[:4]:
        weight = np.exp(unit[:, column] @ unit[:, SEEN] / 0.4)
        weight = np.sqrt(weight / weight.mean())
        mine, profiles = levels[:, SEEN] * weight, values * weight
        size = (mine**2).sum(axis=1).mean()
        far = ((mine[:, None] - mine[None]) ** 2).sum(axis=2)
        scale = 0.6 * np.median(far)
        gram = mine @ mine.T / size + np.exp(-far / scale) + 0.05
        apart = ((profiles[:, None] - mine[None]) ** 2).sum(axis=2)
        cross = profiles @ mine.T / size + np.exp(-apart / scale) + 0.05
        ridge = KernelRidge(alpha=0.1, kernel="precomputed").fit(gram, levels[:, column])
        expected = (means + ridge.predict(cross))[20:]
        np.testing.assert_allclose(found[20:, column - NEW[0]], expected, atol=1e-6)


def test_with_two_series_the_middle_of_the_grid_is_taken() -> None:
    truth = world()
    two = np.array([f"series {at // 24}" for at in range(48)])
    found = choose_mixture(truth, SEEN, two, np.arange(30, 150), np.random.default_rng(0))
    assert (found.over_conditions, found.over_genes) == (
        OverConditions(0.2, 1.0),
        OverGenes(0.1, 0.3),
    )
    assert found.weights == (0.5, 0.5)
    three = np.array([f"series {at // 12}" for at in range(48)])
    chosen = choose_mixture(truth, SEEN, three, np.arange(30, 150), np.random.default_rng(0))
    assert chosen.weights != (0.5, 0.5)


def test_the_weights_are_those_that_fit_left_out_series_best() -> None:
    """Six groups of series, all penalties, least squares with weights of 0 or more."""
    from scipy.optimize import nnls

    from deeprage.factorised.unseen_conditions import OVER_CONDITIONS, OVER_GENES

    truth = world(genes=60, regulators=20)
    series = np.array([f"series {at // 4}" for at in range(48)])
    scored = np.arange(20, 60)
    found = choose_mixture(truth, SEEN, series, scored, np.random.default_rng(3))
    names = np.random.default_rng(3).permutation(np.unique(series[SEEN]))
    folds = [SEEN[np.isin(series[SEEN], names[at::6])] for at in range(6)]
    target = np.concatenate([truth.values[20:, fold] for fold in folds], axis=1)

    def left_out(way) -> np.ndarray:
        parts = [way(truth, np.setdiff1d(SEEN, fold), fold)[20:] for fold in folds]
        return np.concatenate(parts, axis=1)

    best = []
    for ways in (OVER_CONDITIONS, OVER_GENES):
        errors = [((left_out(way) - target) ** 2).mean() for way in ways]
        best.append(ways[int(np.argmin(errors))])
    assert (found.over_conditions, found.over_genes) == tuple(best)
    stacked = np.column_stack([left_out(way).ravel() for way in best])
    np.testing.assert_allclose(found.weights, nnls(stacked, target.ravel())[0], rtol=1e-6)


def test_a_part_of_the_rows_keeps_its_regulators() -> None:
    truth = world(genes=20, regulators=5).with_all_regulators(np.zeros((5, 48)))
    part = truth.part(np.array([1, 4, 7, 12]))
    np.testing.assert_array_equal(part.regulator_rows, [0, 1])
    np.testing.assert_array_equal(part.regulator_slots, [1, 4])
    assert (part.extra, part.genes) == (0, 4)
    nobody = np.zeros(0, dtype=np.intp)
    bare = World(truth.values, truth.levels, nobody, nobody)
    more = bare.with_all_regulators(np.ones((5, 48)))
    np.testing.assert_array_equal(more.regulator_rows, [20, 21, 22, 23, 24])
    np.testing.assert_array_equal(more.regulator_slots, np.arange(5))
    np.testing.assert_array_equal(more.values[20:], 1)
    some = more.part(np.array([3, 22, 24]))
    assert (some.extra, some.genes) == (2, 1)
    np.testing.assert_array_equal(some.regulator_slots, [2, 4])
    columns = more.of_conditions(np.array([3, 5]))
    assert columns.values.shape == (25, 2)
    np.testing.assert_array_equal(columns.levels, truth.levels[:, [3, 5]])


def test_only_levels_that_were_not_measured_are_filled() -> None:
    truth = world(genes=10, regulators=3)
    levels = truth.levels.copy()
    levels[1, 40] = np.nan
    known = World(truth.values, levels, truth.regulator_rows, truth.regulator_slots)
    found = np.full((10, 2), 7.0)
    filled = known.filled(np.array([40, 41]), found)
    assert filled.levels[1, 40] == 7
    filled.levels[1, 40] = np.nan
    np.testing.assert_array_equal(filled.levels, levels)
    assert known.filled(np.array([41]), found[:, :1]) is known
