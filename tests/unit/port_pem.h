// Certificates as gateways hand them on, for tests.
#pragma once

#include <string>

#include <openssl/bio.h>
#include <openssl/pem.h>

#include "support/pki.h"

namespace sluice::test {

inline Issued self_signed()
{
	Wanted wanted;
	wanted.from = identity::Moment(std::chrono::seconds(1'700'000'000));
	wanted.until = identity::Moment(std::chrono::seconds(1'800'000'000));
	return issue(wanted, nullptr, make_ec_key());
}

inline std::string pem_text(const Issued& issued)
{
	BIO* bio = BIO_new(BIO_s_mem());
	PEM_write_bio_X509(bio, issued.certificate.get());
	char* data = nullptr;
	const long size = BIO_get_mem_data(bio, &data);
	std::string text(data, static_cast<std::size_t>(size));
	BIO_free(bio);
	return text;
}

}  // namespace sluice::test
