"""Initial weights that are too large are named."""

from tests.diagnostics.rules.gains import Gains

GAINS = Gains("initialization_too_large", bad=30.0, just_missed=0.999)


def test_it_is_a_warning_where_the_network_did_not_learn() -> None:
    GAINS.check_that_it_is_a_warning_where_the_network_did_not_learn()


def test_usual_weights_and_those_of_a_model_are_not_meant() -> None:
    GAINS.check_that_usual_weights_and_those_of_a_model_are_not_meant()


def test_the_patch_draws_the_hidden_layers_again() -> None:
    GAINS.check_that_the_patch_draws_the_hidden_layers_again()


def test_a_rate_far_below_the_usual_one_is_raised() -> None:
    GAINS.check_that_a_rate_far_below_the_usual_one_is_raised()


def test_a_gain_at_the_threshold_is_none() -> None:
    GAINS.check_the_threshold()


def test_a_loss_that_starts_high_is_a_warning() -> None:
    high = {"loss": [3.1, 0.5, 0.3]}  # more than three times the loss of a constant answer, at the start
    [finding] = GAINS.find(GAINS.bad, history=high)
    assert finding.level == "warning"
