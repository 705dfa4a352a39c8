"""The arithmetic of lacuna-scaling: fits whose answer is known, formulas with known numbers, forecasts that follow from them."""
import math
import random
import unittest

import numpy as np
import scipy.optimize
import synthetic
from synthetic import TRUTH, WIRE, point, study_points

from lacuna_scaling.forecast import MOST_RANKS, outlook
from lacuna_scaling.model import Model, exchange, fit_positive, largest_from_smaller, leave_one_out, usable, usual_groups
from lacuna_scaling.networks import NETWORKS
from lacuna_scaling.phases import base_of, efficiency, karp_flatt
from lacuna_scaling.study import KEYS


class Settings(dict):
    """A study with the defaults of [model], and what is given."""
    def __missing__(self, key):
        table, name = key.split(".")
        return KEYS[table][name][1]


class Formulas(unittest.TestCase):
    def test_karp_flatt(self):
        self.assertAlmostEqual(karp_flatt(1.5, 2), 1 / 3)
        self.assertAlmostEqual(karp_flatt(8, 8), 0)
        for serial in (0.01, 0.1, 0.5):  # Amdahl's law, turned around
            for ranks in (2, 7, 64):
                self.assertAlmostEqual(karp_flatt(1 / (serial + (1 - serial) / ranks), ranks), serial)
        self.assertIsNone(karp_flatt(1.0, 1))

    def test_efficiency(self):
        base, four = point(1, 1), point(4, 4)
        self.assertAlmostEqual(efficiency(four, base), base.seconds / (4 * four.seconds))
        weak_base, weak = point(1, 1, "weak"), point(4, 4, "weak", 192)
        weak.iterations = 2 * weak_base.iterations  # twice the work: half of it is not the ranks' fault
        self.assertAlmostEqual(efficiency(weak, weak_base), 2 * weak_base.seconds / weak.seconds)
        self.assertIs(base_of("strong", study_points()).ranks, 1)
        self.assertIsNone(base_of("weak", [base]))

    def test_exchange(self):
        self.assertEqual(exchange(1, 1e6, 1e-6, 1e9), (0, 0))
        latency, bandwidth = exchange(8, 8e6, 1e-6, 1e9)  # large messages: pairwise
        self.assertAlmostEqual(latency, 7e-6)
        self.assertAlmostEqual(bandwidth, 8e-3)
        latency, bandwidth = exchange(1024, 8, 1e-6, 1e9)  # small ones: log2(1024) steps
        self.assertAlmostEqual(latency, 1e-5)
        self.assertAlmostEqual(bandwidth, 4e-8)

    def test_default_grid_is_that_of_the_programs(self):
        self.assertEqual([usual_groups(*a) for a in ((6, 4), (6, 6), (7, 4), (1, 9), (64, 48), (128, 512))], [3, 6, 1, 1, 32, 128])


class Fits(unittest.TestCase):
    def test_positive_least_squares(self):
        random_numbers = np.random.default_rng(5)
        for _ in range(200):
            rows, seconds = random_numbers.normal(size=(6, 2)), random_numbers.normal(size=6)
            np.testing.assert_allclose(fit_positive(rows, seconds), scipy.optimize.nnls(rows, seconds)[0], atol=1e-12)
        np.testing.assert_array_equal(fit_positive(np.zeros((3, 2)), np.ones(3)), [0, 0])

    def test_known_coefficients_are_found(self):
        model = Model(study_points())
        for group, truth in TRUTH.items():
            np.testing.assert_allclose(model.coefficients[group], truth, rtol=1e-8, atol=1e-10, err_msg=group)
        np.testing.assert_allclose(model.memory(), [160, 30e6], rtol=1e-8)
        self.assertEqual(model.local_wire(4), WIRE)
        for name, calls in synthetic.CALLS.items():
            self.assertAlmostEqual(model.counts.calls[name], calls)
            self.assertAlmostEqual(model.counts.bytes[name], synthetic.BYTES[name])

    def test_unseen_runs_are_predicted(self):
        for check in leave_one_out(study_points()):
            self.assertLess(abs(check.error), 1e-6, check)
            self.assertEqual(check.fitted_to, 9)
        largest = largest_from_smaller(study_points())
        self.assertEqual({check.case for check in largest}, {"strong_8_8x1_48", "strong_8_2x4_48"})
        for check in largest:
            self.assertLess(abs(check.error), 1e-6, check)

    def test_noise_of_two_percent_stays_small(self):
        noise = random.Random(3)
        checks = leave_one_out(study_points(lambda: 1 + noise.uniform(-0.02, 0.02)))
        self.assertLess(max(abs(check.error) for check in checks), 0.08)
        self.assertGreater(max(abs(check.error) for check in checks), 1e-4)

    def test_a_wrong_model_shows(self):
        points = study_points()
        for p in points:  # a cost that grows with the square of the ranks is not in the model
            p.groups["fft"] += 0.05 * p.ranks ** 2
            p.seconds += 0.05 * p.ranks ** 2
        self.assertGreater(max(abs(check.error) for check in largest_from_smaller(points)), 0.2)

    def test_shared_cores_and_repeated_cases_are_left_out(self):
        points = study_points()
        points[-1].oversubscribed = True
        self.assertEqual(len(usable(points + points[:3])), len(points) - 1)
        self.assertEqual(leave_one_out(points[:2]), [])
        self.assertEqual(largest_from_smaller(points[:1]), [])


class Forecasts(unittest.TestCase):
    def look(self, **settings):
        return outlook(Settings({f"model.{key}": value for key, value in settings.items()}), Model(study_points()), point(1, 1), 8)

    def test_one_node_is_what_the_measured_machine_does(self):
        first = self.look().table[0]
        self.assertEqual((first.ranks, first.layout.time_groups), (8, 8))
        self.assertAlmostEqual(first.seconds, point(8, 8).seconds, places=9)
        self.assertAlmostEqual(first.efficiency, 1)

    def test_slower_networks_take_longer_and_stop_earlier(self):
        fast, slow = self.look(network="hdr"), self.look(network="tcp10")
        self.assertLessEqual(fast.table[-1].ranks, MOST_RANKS)
        self.assertGreater(fast.table[-1].ranks, MOST_RANKS / 2)
        for a, b in zip(fast.table[1:], slow.table[1:]):
            self.assertLess(a.seconds, b.seconds)
        self.assertAlmostEqual(fast.table[0].seconds, slow.table[0].seconds)  # no message leaves the node

    def test_the_answer_names_nodes_and_what_stops_them(self):
        look = self.look(network="tcp10")
        self.assertRegex(look.answer, r"^Ask for up to \d+ nodes? \(\d+ ranks, .*what stops you is ")
        good = [f for f in look.table if f.efficiency >= 0.6]
        self.assertIn(f"up to {good[-1].nodes} node", look.answer)
        self.assertIn("Source: " + NETWORKS["tcp10"].source, " ".join(look.assumptions))

    def test_serial_time_stops_a_run_that_has_it(self):
        points = study_points()
        for p in points:
            p.groups["other"] += 10
            p.seconds += 10
        look = outlook(Settings({"model.network": "hdr"}), Model(points), points[0], 8)
        self.assertIn("Ask for up to 1 node ", look.answer)
        self.assertIn("start-up", look.answer)

    def test_larger_problems_go_further_and_need_memory(self):
        small, large = self.look(network="hdr"), self.look(network="hdr", frames=512, ny=2048, nx=2048, iterations=200)
        best = [max((f.nodes for f in look.table if f.efficiency >= 0.6)) for look in (small, large)]
        self.assertGreater(best[1], best[0])
        # 512 x 2048^2 pixels of 160 bytes are 344 GB.
        self.assertIn("It takes 8 nodes at least", self.look(network="hdr", frames=512, ny=2048, nx=2048, node_memory_gb=64.0).answer)
        self.assertIn("No number of nodes", self.look(node_memory_gb=1e-3).answer)

    def test_latency_and_bandwidth_are_told_apart(self):
        late = self.look(latency_us=1000.0, bandwidth_gb_per_s=1000.0, frames=1)
        thin = self.look(latency_us=0.5, bandwidth_gb_per_s=0.001, frames=1)
        self.assertIn("the latency of", late.answer)
        self.assertIn("the bandwidth of", thin.answer)
        self.assertTrue(all(math.isfinite(f.seconds) for f in late.table))


if __name__ == "__main__":
    unittest.main(argv=["test_model"])
