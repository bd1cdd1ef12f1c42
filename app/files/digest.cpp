#include "app/files/digest.h"

#include <array>

#include <openssl/evp.h>

namespace headlight {

struct Digest::Context {
  EVP_MD_CTX* own = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(own); }
};

Digest::Digest(Kind kind) : context_(std::make_unique<Context>()) {
  EVP_DigestInit_ex(context_->own, kind == Kind::sha1 ? EVP_sha1() : EVP_sha256(), nullptr);
}

Digest::~Digest() = default;

void Digest::add(const void* bytes, std::size_t count) {
  EVP_DigestUpdate(context_->own, bytes, count);
}

std::string Digest::hexadecimal() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  unsigned count = 0;
  EVP_DigestFinal_ex(context_->own, sum.data(), &count);
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < count; ++i) (text += kDigits[sum[i] >> 4]) += kDigits[sum[i] & 15];
  return text;
}

}  // namespace headlight
