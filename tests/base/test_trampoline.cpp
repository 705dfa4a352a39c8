/// Exceptions cross PETSc's C frames: what a callback throws comes out of KSP and TAO as itself, on all ranks.
#include <stdexcept>

#include "base/trampoline.hpp"
#include "derivatives.hpp"
#include "operators/algebra.hpp"
#include "operators/as_mat.hpp"
#include "priors/white_prior.hpp"
#include "solvers/conjugate_gradients.hpp"
#include "solvers/map_solver.hpp"

using namespace lacuna;

namespace {

struct Special : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What goes wrong in application number `when` (counted from 0, never if negative).
enum class Trouble { None, SpecialEverywhere, ErrorOnLastRank, PetscError };
struct Switch {
  Trouble trouble = Trouble::None;
  int when = 0, calls = 0;
  void work(const Space& space) {
    if (calls++ < when) return;
    if (trouble == Trouble::SpecialEverywhere) throw Special("special");
    if (trouble == Trouble::ErrorOnLastRank)
      together(space.comm(), [&] {
        if (rankOf(space.comm()) == sizeOf(space.comm()) - 1) throw Error(ExitCode::BadData, "row 3 of the data");
      });
    if (trouble == Trouble::PetscError) {
      VecHandle v;
      check(VecCreate(space.comm(), v.out()));
      check(VecSetType(v, "no_such_type"));
    }
  }
};

/// diag(1 + i / n), with trouble.
class Troubled final : public LinearOperator {
 public:
  Troubled(const Space& s, std::shared_ptr<Switch> how) : LinearOperator(s, s), switch_(std::move(how)) {}

 private:
  void doApplyForward(Vec x, Vec y) const override {
    switch_->work(domain());
    const ReadLocal in(x);
    const WriteLocal out(y);
    for (const NaturalRun& run : domain().naturalRuns())
      for (PetscInt k = 0; k < run.count; ++k)
        out[run.local + k] =
            (1 + static_cast<double>(run.natural + k) / static_cast<double>(domain().global())) * in[run.local + k];
  }
  void doApplyAdjoint(Vec y, Vec x) const override { doApplyForward(y, x); }
  std::shared_ptr<Switch> switch_;
};

/// sum (exp x - x), with trouble in the value.
class TroubledTerm final : public Term {
 public:
  TroubledTerm(const Space& s, std::shared_ptr<Switch> how) : Term(s), switch_(std::move(how)) {}

 private:
  class At final : public TermAt {
   public:
    At(const Space& space, std::shared_ptr<Switch> how, Vec x)
        : space_(space), switch_(std::move(how)), x_(space.vec()), e_(space.vec()) {
      check(VecCopy(x, x_));
      check(VecCopy(x, e_));
      check(VecExp(e_));
    }
    double value() const override {
      switch_->work(space_);
      PetscScalar a = 0, b = 0;
      check(VecSum(e_, &a));
      check(VecSum(x_, &b));
      return a - b;
    }
    void gradient(Vec g) const override {
      check(VecCopy(e_, g));
      check(VecShift(g, -1));
    }
    OperatorPointer curvature(Curvature) const override {
      VecHandle d = space_.vec();
      check(VecCopy(e_, d));
      return diagonal(space_, std::move(d));
    }

   private:
    Space space_;
    std::shared_ptr<Switch> switch_;
    VecHandle x_, e_;
  };
  std::unique_ptr<TermAt> doAt(Vec x) const override { return std::make_unique<At>(space(), switch_, x); }
  std::shared_ptr<Switch> switch_;
};

std::string onLastRank() {
  const int n = sizeOf(PETSC_COMM_WORLD);
  return n > 1 ? "rank " + std::to_string(n - 1) + ": row 3 of the data" : "row 3 of the data";
}

/// `solve` must give the trouble back as itself, and work when there is none, again and again.
template <class F>
void requireTroubleAsItself(Switch& how, int when, F&& solve) {
  how = {Trouble::None, 0, 0};
  BOOST_CHECK_NO_THROW(solve());
  how = {Trouble::SpecialEverywhere, when, 0};
  BOOST_CHECK_THROW(solve(), Special);
  how = {Trouble::None, 0, 0};
  BOOST_CHECK_NO_THROW(solve());
  how = {Trouble::ErrorOnLastRank, when, 0};
  try {
    solve();
    BOOST_ERROR("nothing was thrown");
  } catch (const RankError& e) {
    BOOST_TEST(static_cast<int>(e.code()) == 65);
    BOOST_TEST(e.what() == onLastRank());
  }
  how = {Trouble::PetscError, when, 0};
  try {
    solve();
    BOOST_ERROR("nothing was thrown");
  } catch (const PetscFailure& e) {
    BOOST_TEST(std::string(e.what()).find("Unknown vector type: no_such_type") != std::string::npos, e.what());
  }
  how = {Trouble::None, 0, 0};
  BOOST_CHECK_NO_THROW(solve());
}

}  // namespace

BOOST_AUTO_TEST_CASE(through_ksp_at_any_iteration) {
  const Space s = Space::line(PETSC_COMM_WORLD, 20);
  const auto how = std::make_shared<Switch>();
  const ConjugateGradients cg(std::make_shared<Troubled>(s, how), nullptr,
                              {.rtol = 1e-10, .iterations = 100, .prefix = {}});
  VecHandle b = s.vec(), x = s.vec();
  check(VecSet(b, 1));
  for (int when : {0, 1, 3}) requireTroubleAsItself(*how, when, [&] { BOOST_TEST(cg.solve(b, x).converged); });
}

BOOST_AUTO_TEST_CASE(through_tao_at_the_start_and_later) {
  const Space s = Space::line(PETSC_COMM_WORLD, 20);
  const auto how = std::make_shared<Switch>();
  const TroubledTerm E(s, how);
  VecHandle x = s.vec();
  for (const char* method : {"nls", "ntr", "lmvm"})
    for (int when : {0, 1, 3})
      requireTroubleAsItself(*how, when, [&] {
        check(VecSet(x, 2));
        BOOST_TEST(solveMap(E, {.method = method, .prefix = {}}, x).converged);
      });
}

BOOST_AUTO_TEST_CASE(from_the_monitors) {
  struct Sour final : Observer {
    void iteration(const Progress& p) override {
      if (p.iteration == 2) throw Special("seen enough");
    }
  } sour;
  const Space s = Space::line(PETSC_COMM_WORLD, 20);
  const auto how = std::make_shared<Switch>();
  VecHandle b = s.vec(), x = s.vec();
  check(VecSet(b, 1));
  const ConjugateGradients cg(std::make_shared<Troubled>(s, how), nullptr,
                              {.rtol = 1e-10, .iterations = 100, .prefix = {}});
  const auto watch = [](const LinearStep& step) {
    if (step.iteration == 2) throw Special("seen enough");
  };
  BOOST_CHECK_THROW(cg.solve(b, x, watch), Special);
  BOOST_TEST(cg.solve(b, x).converged);
  check(VecSet(x, 2));
  BOOST_CHECK_THROW(solveMap(TroubledTerm(s, how), {.method = "nls", .prefix = {}}, x, &sour), Special);
}

BOOST_AUTO_TEST_CASE(an_unguarded_call_throws_it_too_and_nothing_stays_behind) {
  const Space s = Space::line(PETSC_COMM_WORLD, 20);
  const auto how = std::make_shared<Switch>(Switch{Trouble::SpecialEverywhere, 0, 0});
  const MatHandle m = asMat(std::make_shared<Troubled>(s, how));
  VecHandle x = s.vec(), y = s.vec();
  BOOST_CHECK_THROW(check(MatMult(m, x, y)), Special);
  BOOST_CHECK_NO_THROW(guarded(0));
  BOOST_CHECK_THROW(guarded(MatMult(m, x, y)), Special);
  BOOST_CHECK_NO_THROW(guarded(0));
  // No remains of PETSc's way back from the callback in the next message.
  try {
    check(PETSC_ERR_USER);
    BOOST_ERROR("accepted");
  } catch (const PetscFailure& e) {
    BOOST_TEST(std::string(e.what()).find("MatMult") == std::string::npos, e.what());
  }
}
