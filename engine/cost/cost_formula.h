// Costs as sums of monomials in the network's sizes, so that one object gives the number, the printed formula, and the
// answer to "does this control change it?".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace vit {

/// In the order in which a formula prints them.
enum class Symbol : std::uint8_t {
  B,  // pictures in a batch
  N,  // tokens
  W,  // keys that a query looks at, where they are not all N: the places of a window
  A,  // rows and columns of those keys together, where positions are of axes
  T,  // tokens that are no patches: class token, distillation token, registers
  P,  // side of a patch, px
  C,  // channels
  M,  // hidden width of the MLP
  h,  // heads
  K,  // classes
};
inline constexpr int kSymbolCount = static_cast<int>(Symbol::K) + 1;

/// The value of every symbol.
struct Sizes {
  double B = 1, N = 0, W = 0, A = 0, T = 0, P = 0, C = 0, M = 0, h = 0, K = 0;
  double of(Symbol symbol) const;
  bool operator==(const Sizes&) const = default;
};

/// coefficient · B^b · N^n · …
struct Monomial {
  double coefficient = 0;
  std::array<std::int8_t, kSymbolCount> powers{};
  int power(Symbol symbol) const { return powers[static_cast<std::size_t>(symbol)]; }
  bool operator==(const Monomial&) const = default;
};

/// A sum of monomials, like terms collected. Zero is the empty sum.
class Polynomial {
 public:
  Polynomial() = default;
  Polynomial(double constant);  // NOLINT(google-explicit-constructor): formulas read like formulas
  Polynomial(Symbol symbol);    // NOLINT(google-explicit-constructor)

  const std::vector<Monomial>& terms() const { return terms_; }
  bool is_zero() const { return terms_.empty(); }
  bool contains(Symbol symbol) const;
  double at(const Sizes& sizes) const;

  /// The same without its terms in N²·h and N·W·h: what a kernel that never stores the scores moves.
  Polynomial without_maps() const;

  Polynomial& operator+=(const Polynomial& other);
  friend Polynomial operator+(Polynomial a, const Polynomial& b) { return a += b; }
  friend Polynomial operator-(Polynomial a, const Polynomial& b) { return a += b * Polynomial(-1.0); }
  friend Polynomial operator*(const Polynomial& a, const Polynomial& b);
  bool operator==(const Polynomial&) const = default;

 private:
  void add(const Monomial& term);
  std::vector<Monomial> terms_;
};

/// "B·N·3C²", "B·(N−1)·3P²·C", "0". `prefix` stands for T where it is known; negative: the letter.
std::string formula(const Polynomial& cost, int prefix = -1);

/// A term of a formula with the sign before it, and whether the head count changes it.
struct FormulaTerm {
  std::string text;  // "B·N·3C²", " + 5·B·N²·h"
  bool has_heads = false;
};
/// What formula() joins; none for zero.
std::vector<FormulaTerm> formula_terms(const Polynomial& cost, int prefix = -1);

/// Bytes of F32 numbers: "4·(2·B·N·C + 3C²)".
std::string bytes_formula(const Polynomial& floats, int prefix = -1);

}  // namespace vit
