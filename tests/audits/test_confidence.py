"""What samples show: published limits, exact limits against brute force, and the usual sizes."""

from fractions import Fraction
from math import ceil, comb, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.confidence import (
    Frequency,
    Proposal,
    Statement,
    clopper_pearson,
    hypergeometric,
    proposed,
)


def binomial(most: int, tested: int, rate: Fraction) -> Fraction:
    return sum(
        (comb(tested, found) * rate**found * (1 - rate) ** (tested - found))
        for found in range(most + 1)
    ) or Fraction(0)


class TestClopperPearson:
    def test_it_agrees_with_the_nist_handbook(self) -> None:
        # NIST/SEMATECH e-Handbook 7.2.4.1: 4 defective of 20, the upper end of the 90 % interval.
        assert clopper_pearson(4, 20, 95) == pytest.approx(0.401029, abs=1e-6)

    @pytest.mark.parametrize(
        ("confidence", "tolerable", "size"), [(90, 10, 22), (95, 10, 29), (90, 5, 45), (95, 5, 59)]
    )
    def test_it_agrees_with_the_usual_sizes_for_no_expected_deviation(
        self, confidence: int, tolerable: int, size: int
    ) -> None:
        assert size == ceil(log(1 - confidence / 100) / log(1 - tolerable / 100))
        assert clopper_pearson(0, size, confidence) <= tolerable / 100
        assert clopper_pearson(0, size - 1, confidence) > tolerable / 100

    def test_nothing_but_deviations_leaves_every_rate_possible(self) -> None:
        assert clopper_pearson(7, 7, 90) == 1

    @settings(deadline=None)
    @given(st.data(), st.integers(1, 60), st.sampled_from([80, 90, 95, 99]))
    def test_at_the_limit_so_few_are_found_with_the_probability_that_is_left(
        self, data: st.DataObject, tested: int, confidence: int
    ) -> None:
        found = data.draw(st.integers(0, tested - 1))
        limit = Fraction(clopper_pearson(found, tested, confidence))
        left = 1 - Fraction(confidence, 100)
        assert abs(binomial(found, tested, limit) - left) < Fraction(1, 10**9)


class TestHypergeometric:
    @settings(deadline=None)
    @given(st.data(), st.integers(1, 40), st.sampled_from([80, 90, 95, 99]))
    def test_it_is_the_last_number_that_the_sample_leaves_possible(
        self, data: st.DataObject, count: int, confidence: int
    ) -> None:
        tested = data.draw(st.integers(1, count))
        found = data.draw(st.integers(0, tested))

        def tail(deviating: int) -> Fraction:
            ways = sum(
                comb(deviating, few) * comb(count - deviating, tested - few)
                for few in range(found + 1)
            )
            return Fraction(ways, comb(count, tested))

        left = 1 - Fraction(confidence, 100)
        possible = [n for n in range(found, count - (tested - found) + 1) if tail(n) > left]
        assert hypergeometric(found, tested, count, confidence) == max(possible, default=found)

    def test_a_probability_at_the_very_limit_is_not_more_than_the_limit(self) -> None:
        # 9 of 10 items clean: one deviating item would be missed with exactly 10 %.
        assert hypergeometric(0, 9, 10, 90) == 0
        assert hypergeometric(0, 9, 10, 91) == 1

    def test_a_census_leaves_nothing_open(self) -> None:
        assert hypergeometric(2, 30, 30, 99) == 2


class TestStatement:
    def test_it_says_what_25_clean_items_show(self) -> None:
        assert str(Statement(25, 0, 4000)) == (
            "25 of 25 without exception: 90 % confidence that the rate is below 8.8 %."
        )

    def test_it_is_exact_for_a_small_population(self) -> None:
        assert str(Statement(25, 0, 60)) == (
            "25 of 25 without exception: 90 % confidence that at most 4 of the 60 items (6.7 %) "
            "deviate."
        )

    @pytest.mark.parametrize(("count", "exact"), [(499, True), (500, False)])
    def test_a_population_is_small_below_20_times_the_sample(self, count: int, exact: bool) -> None:
        assert Statement(25, 0, count).is_exact is exact

    def test_a_census_has_a_rate_and_no_confidence(self) -> None:
        assert str(Statement(8, 1, 8)) == (
            "7 of 8 without exception: every item was tested; the rate of deviations is 12.5 %."
        )

    def test_nothing_tested_says_so(self) -> None:
        assert str(Statement(0, 0, 8)) == "Nothing was tested yet."

    @settings(deadline=None)
    @given(st.data(), st.integers(1, 200))
    def test_the_limit_is_never_below_what_was_found(
        self, data: st.DataObject, tested: int
    ) -> None:
        found = data.draw(st.integers(0, tested))
        count = data.draw(st.integers(tested, 10_000))
        made = Statement(tested, found, count)
        assert made.per_mille >= 1000 * found // count
        if not made.is_exact:
            assert made.per_mille / 1000 >= clopper_pearson(found, tested, 90) - 1e-9


class TestProposals:
    @pytest.mark.parametrize(
        ("frequency", "count", "size"),
        [
            (Frequency.ANNUAL, 1, 1),
            (Frequency.QUARTERLY, 4, 2),
            (Frequency.MONTHLY, 12, 2),
            (Frequency.WEEKLY, 52, 5),
            (Frequency.DAILY, 365, 25),
            (Frequency.MANY_A_DAY, 90_000, 40),
            (Frequency.PER_EVENT, 7, 7),
            (Frequency.PER_EVENT, 11, 8),
            (Frequency.PER_EVENT, 50, 8),
            (Frequency.PER_EVENT, 51, 15),
            (Frequency.PER_EVENT, 250, 15),
            (Frequency.PER_EVENT, 251, 25),
        ],
    )
    def test_they_follow_common_practice(self, frequency: Frequency, count: int, size: int) -> None:
        assert proposed(frequency, count).size == size

    @settings(deadline=None)
    @given(st.sampled_from(Frequency), st.integers(0, 100_000))
    def test_they_fit_the_population(self, frequency: Frequency, count: int) -> None:
        found = proposed(frequency, count)
        assert 0 <= found.least <= found.size <= found.most <= count

    def test_three_days_of_a_daily_control_are_all_tested(self) -> None:
        assert proposed(Frequency.DAILY, 3) == Proposal(3, 3, 3)

    def test_every_frequency_has_its_words(self) -> None:
        assert len({one.words for one in Frequency}) == len(Frequency)
