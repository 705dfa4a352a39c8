"""The numbers of a page against scipy and numpy on known residuals, and the words that they are given."""
import unittest

import h5py
import numpy as np
import scipy.stats
from reporting import ReportTest, products, write_movie

from lacuna_report import normality


class Numbers(ReportTest):
    def judge(self, residual, mask=None):
        maps = {"kappa_E": np.zeros(residual.shape), "residual1": residual}
        products.write(self.path("r.h5"), {**maps, **({} if mask is None else {"mask": mask})})
        return self.report("r")

    def test_against_scipy(self):
        rng = np.random.default_rng(5)
        residual, mask = rng.standard_t(8, (70, 90)) * 1.1 + 0.05, (rng.random((70, 90)) < 0.8).astype(float)
        residual[3, 4:9] = np.nan
        used = residual[(mask > 0) & np.isfinite(residual)]
        page = self.judge(residual, mask)

        def first(name):
            return float(page.row(name)[1].split(" ")[0].replace("\N{MINUS SIGN}", "-").replace(",", ""))

        self.assertEqual(first("values"), used.size)
        self.assertAlmostEqual(first("mean"), used.mean(), delta=6e-4)
        self.assertAlmostEqual(first("standard deviation"), used.std(), delta=6e-5)
        self.assertAlmostEqual(first("skewness"), scipy.stats.skew(used), delta=6e-4)
        self.assertAlmostEqual(first("excess kurtosis"), scipy.stats.kurtosis(used), delta=6e-4)
        self.assertAlmostEqual(first("Kolmogorov-Smirnov distance"), scipy.stats.kstest(used, "norm").statistic, delta=6e-5)
        self.assertIn("heavy", page.text["residuals"])

    def test_the_distance_and_its_probability(self):
        rng = np.random.default_rng(6)
        for values in (rng.normal(size=2000), rng.normal(size=7), rng.normal(0.1, 1, 500), np.zeros(10), np.array([40.0, -40.0])):
            ours, theirs = normality.kolmogorov_smirnov(values), scipy.stats.kstest(values, "norm")
            self.assertAlmostEqual(ours[0], theirs.statistic, places=12)
            self.assertAlmostEqual(ours[1], theirs.pvalue, places=6)

    def test_words(self):
        rng = np.random.default_rng(7)
        noise = rng.normal(size=(150, 160))
        for residual, word in ((noise, "Residuals are normal"), (0.8 * noise, "narrower than the noise"),
                               (1.3 * noise, "wider than the noise"), (noise + 0.3, "off zero"), (noise + 0.01, "Residuals are")):
            self.assertIn(word, "".join(self.judge(residual).text.values()))

    def test_the_probability_is_uniform_for_normal_residuals(self):
        rng = np.random.default_rng(8)
        p = [normality.kolmogorov_smirnov(rng.normal(size=300))[1] for _ in range(300)]
        self.assertGreater(scipy.stats.kstest(p, "uniform").pvalue, 1e-3)

    def counts(self, mean, noise="poisson", data=None, scale=1.0):
        rng = np.random.default_rng(9)
        model = np.full((6, 40, 56), mean)
        data = rng.poisson(model * scale).astype(float) if data is None else data
        write_movie(self.path("c.h5"), "tyx", maps={"data": data, "estimate": model, "model": model})
        with h5py.File(self.path("c.h5"), "a") as f:
            f.create_group("config").attrs["toml"] = f'[data]\nnoise = "x"\n[model]\nnoise = "{noise}"  # default\n'
        return data, model, self.report("c")

    def test_counts_are_tested_by_randomised_residuals(self):
        data, model, page = self.counts(0.7)
        self.assertIn("100 % of these data expect fewer than 10 counts", page.text["residuals"])
        self.assertIn("normality is not expected", page.text["residuals"])
        self.assertIn("Randomised residuals are normal", page.text["header"])
        skewness = float(page.row("skewness")[1].split(" ")[0])
        self.assertAlmostEqual(skewness, scipy.stats.skew(((data - model) / np.sqrt(model)).ravel()), delta=6e-4)
        self.assertGreater(skewness, 1.0)
        self.assertLess(abs(float(page.row("skewness")[2].split(" ")[0].replace("\N{MINUS SIGN}", "-"))), 0.1)

    def test_a_wrong_mean_of_counts_is_found(self):
        _, _, page = self.counts(0.7, scale=1.4)
        self.assertIn("Randomised residuals are not normal", page.text["header"])

    def test_counts_that_are_no_whole_numbers(self):
        _, _, page = self.counts(0.7, data=np.random.default_rng(1).exponential(0.7, (6, 40, 56)))
        self.assertNotIn("randomised", page.text["residuals"])
        self.assertIn("Not expected to be normal", page.text["header"])

    def test_gaussian_noise_is_not_randomised(self):
        _, _, page = self.counts(400.0, noise="gaussian")
        self.assertNotIn("andomised", "".join(page.text.values()))

    def test_fit_in_words(self):
        maps = {"kappa_E": np.zeros((3, 4))}
        for chi2, word in ((0.97, "As good as the noise allows"), (1.3, "Under-fitting"), (0.6, "Over-fitting")):
            columns, about = products.iterations()
            columns["chi2_per_datum"] = np.full(30, chi2)
            products.write(self.path("f.h5"), maps, convergence=(columns, about))
            page = self.report("f")
            self.assertIn(word, page.text["header"])
            self.assertIn(f"{chi2:.4f}", page.text["header"])
        with h5py.File(self.path("f.h5"), "a") as f:  # a deviance and what is expected of it count more
            f["notes"].attrs.update(deviance_per_datum=1.1, expected_deviance_per_datum=1.15, gap=0.001)
        self.assertIn("Deviance per datum 1.1000, of noise alone 1.1500", self.report("f").text["header"])

    def test_a_limit_of_iterations_is_said(self):
        columns, about = products.iterations()
        about["stopped"] = "stopped at the limit of iterations"
        products.write(self.path("l.h5"), {"kappa_E": np.zeros((3, 4))}, convergence=(columns, about))
        self.assertIn("Not converged", self.report("l").text["header"])


if __name__ == "__main__":
    unittest.main()
