#include "engine/cost/cost_formula.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

namespace vit {
namespace {

constexpr std::array<const char*, kSymbolCount> kNames = {"B", "N", "W", "A", "T", "P", "C", "M", "h", "K"};
constexpr std::size_t kN = static_cast<std::size_t>(Symbol::N);
constexpr std::size_t kT = static_cast<std::size_t>(Symbol::T);

std::string number(double value) {
  return fmt::format("{:.10g}", value);
}

std::string power(const std::string& base, int exponent) {
  if (exponent == 2) return base + "²";
  if (exponent == 3) return base + "³";
  return exponent == 1 ? base : base + "^" + std::to_string(exponent);
}

/// A term; `tokens` stands for N where it differs from the letter.
std::string term(const Monomial& m, const std::string& tokens) {
  // The coefficient stands at the first size of the weights, as in N·3C²; without one it leads.
  std::size_t place = kSymbolCount;
  for (Symbol s : {Symbol::P, Symbol::C, Symbol::M, Symbol::K})
    if (place == kSymbolCount && m.power(s) != 0) place = static_cast<std::size_t>(s);
  const double size = std::abs(m.coefficient);
  const std::string coefficient = size == 1 ? "" : number(size);
  std::string text = place == kSymbolCount ? coefficient : "";
  for (std::size_t i = 0; i < kSymbolCount; ++i) {
    if (m.powers[i] == 0) continue;
    if (!text.empty()) text += "·";
    if (i == place) text += coefficient;
    text += power(i == kN ? tokens : kNames[i], m.powers[i]);
  }
  return text.empty() ? number(size) : text;
}

Monomial with_prefix_value(Monomial m, int prefix) {
  m.coefficient *= std::pow(prefix, m.powers[kT]);
  m.powers[kT] = 0;
  return m;
}

}  // namespace

double Sizes::of(Symbol symbol) const {
  const std::array<double, kSymbolCount> values = {B, N, W, A, T, P, C, M, h, K};
  return values[static_cast<std::size_t>(symbol)];
}

Polynomial::Polynomial(double constant) {
  add({constant, {}});
}

Polynomial::Polynomial(Symbol symbol) {
  Monomial m{1, {}};
  m.powers[static_cast<std::size_t>(symbol)] = 1;
  add(m);
}

bool Polynomial::contains(Symbol symbol) const {
  return std::any_of(terms_.begin(), terms_.end(), [&](const Monomial& m) { return m.power(symbol) != 0; });
}

double Polynomial::at(const Sizes& sizes) const {
  double sum = 0;
  for (const Monomial& m : terms_) {
    double product = m.coefficient;
    for (int i = 0; i < kSymbolCount; ++i)
      for (int p = 0; p < m.powers[static_cast<std::size_t>(i)]; ++p) product *= sizes.of(static_cast<Symbol>(i));
    sum += product;
  }
  return sum;
}

Polynomial Polynomial::without_maps() const {
  Polynomial rest;
  for (const Monomial& m : terms_)
    if (m.power(Symbol::N) + m.power(Symbol::W) < 2 || m.power(Symbol::h) < 1) rest.add(m);
  return rest;
}

Polynomial& Polynomial::operator+=(const Polynomial& other) {
  for (const Monomial& m : std::vector<Monomial>(other.terms_)) add(m);
  return *this;
}

Polynomial operator*(const Polynomial& a, const Polynomial& b) {
  Polynomial product;
  for (const Monomial& x : a.terms_) {
    for (const Monomial& y : b.terms_) {
      Monomial m = x;
      m.coefficient *= y.coefficient;
      for (std::size_t i = 0; i < kSymbolCount; ++i) m.powers[i] = static_cast<std::int8_t>(m.powers[i] + y.powers[i]);
      product.add(m);
    }
  }
  return product;
}

void Polynomial::add(const Monomial& term) {
  const auto like =
      std::find_if(terms_.begin(), terms_.end(), [&](const Monomial& m) { return m.powers == term.powers; });
  if (like == terms_.end()) {
    if (term.coefficient != 0) terms_.push_back(term);
    return;
  }
  like->coefficient += term.coefficient;
  if (like->coefficient == 0) terms_.erase(like);
}

std::vector<FormulaTerm> formula_terms(const Polynomial& cost, int prefix) {
  std::vector<Monomial> terms = cost.terms();
  std::vector<FormulaTerm> parts;
  const auto append = [&parts](const Monomial& m, const std::string& part) {
    const char* sign = m.coefficient < 0 ? (parts.empty() ? "−" : " − ") : (parts.empty() ? "" : " + ");
    parts.push_back({sign + part, m.power(Symbol::h) != 0});
  };
  // x·N − x·T is x·(N−T).
  const std::string patches = prefix < 0 ? "(N−T)" : prefix == 0 ? "N" : "(N−" + std::to_string(prefix) + ")";
  for (std::size_t i = 0; i < terms.size(); ++i) {
    Monomial opposite = terms[i];
    if (opposite.powers[kN] != 1) {
      continue;
    }
    opposite.coefficient = -opposite.coefficient;
    opposite.powers[kN] = 0;
    opposite.powers[kT] = static_cast<std::int8_t>(opposite.powers[kT] + 1);
    const auto found = std::find(terms.begin(), terms.end(), opposite);
    if (found == terms.end()) continue;
    append(terms[i], term(terms[i], patches));
    terms.erase(found);
    terms.erase(std::find(terms.begin(), terms.end(), terms[i]));
    i = static_cast<std::size_t>(-1);
  }
  for (Monomial m : terms) {
    if (prefix >= 0) m = with_prefix_value(m, prefix);
    if (m.coefficient != 0) append(m, term(m, "N"));
  }
  return parts;
}

std::string formula(const Polynomial& cost, int prefix) {
  std::string text;
  for (const FormulaTerm& part : formula_terms(cost, prefix)) text += part.text;
  return text.empty() ? "0" : text;
}

std::string bytes_formula(const Polynomial& floats, int prefix) {
  std::string sum = formula(floats, prefix);
  if (sum == "0") return sum;
  return "4·(" + sum + ")";
}

}  // namespace vit
