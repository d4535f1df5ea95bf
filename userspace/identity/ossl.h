// OpenSSL 3 behind owners and answers: the objects that this library holds, freed exactly once, and its digests.
//
// OpenSSL's error queue belongs to the thread; every call here that fails leaves it empty.
#pragma once

#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "identity/bytes.h"
#include "identity/refusal.h"

namespace sluice::identity {

template <auto kFree>
struct Freed {
	template <typename T>
	void operator()(T* object) const
	{
		kFree(object);
	}
};

using CertificatePtr = std::unique_ptr<X509, Freed<X509_free>>;
using CrlPtr = std::unique_ptr<X509_CRL, Freed<X509_CRL_free>>;
using StorePtr = std::unique_ptr<X509_STORE, Freed<X509_STORE_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using BioPtr = std::unique_ptr<BIO, Freed<BIO_free>>;

// Empties the thread's error queue.
void forget_ossl_errors();
// "reason of the last error", for people; empties the queue. A plain sentence where OpenSSL gave none.
std::string last_ossl_error();
// Whether reading a PEM file ended because no further block stands in it; only then the queue is emptied.
bool ended_without_pem_block();
// What a failure is that no input can cause: kInternal, with OpenSSL's reason.
Refused ossl_failure();

Checked<Digest> sha256(ByteView bytes);
// Takes the same time wherever two sequences of one length differ.
bool equal_in_constant_time(ByteView one, ByteView other);

// A read-only stream over bytes that outlive it; null without memory.
BioPtr bio_over(ByteView bytes);

}  // namespace sluice::identity
