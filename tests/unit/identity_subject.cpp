// Whom a revocation is about: names, and fingerprints as people and openssl write them.
#include <gtest/gtest.h>

#include "identity/subject.h"

namespace sluice::identity {
namespace {

const std::string kDigits = "0f" + std::string(60, '0') + "a1";

std::string with_colons(const std::string& digits)
{
	std::string out;
	for (std::size_t i = 0; i < digits.size(); i += 2)
		out += (i == 0 ? "" : ":") + digits.substr(i, 2);
	return out;
}

TEST(IdentitySubject, AFingerprintIsOneHoweverItIsWritten)
{
	std::string upper = kDigits;
	for (char& each : upper)
		each = static_cast<char>(std::toupper(each));
	for (const std::string& text : {kDigits, upper, with_colons(kDigits), with_colons(upper), "sha256:" + kDigits}) {
		const auto subject = parse_subject(text);
		ASSERT_TRUE(subject) << text;
		EXPECT_EQ(*subject, "sha256:" + kDigits);
		EXPECT_EQ(fingerprint_of(*certificate_of(*subject)), kDigits);
	}
}

TEST(IdentitySubject, ANameStaysWhatItIs)
{
	for (const std::string& text : {std::string("spiffe://prod.example/billing"), std::string("partner a"), std::string("https://as.example#alice"), std::string("cafe"), std::string("f0:0d")}) {
		const auto subject = parse_subject(text);
		ASSERT_TRUE(subject) << text;
		EXPECT_EQ(*subject, text);
		EXPECT_FALSE(certificate_of(*subject));
	}
	EXPECT_FALSE(certificate_of("sha256:cafe"));
}

TEST(IdentitySubject, WhatNobodyCanBeIsRefused)
{
	const std::string sha1(40, 'a');
	for (const std::string& text : {std::string(), std::string("a\nb"), std::string(2049, 'a'), std::string("spiffe://prod.example"), std::string("spiffe://Prod.example/a"),
	                                std::string("spiffe://prod.example/*"), sha1, with_colons(sha1), kDigits + "00", kDigits.substr(1), "sha256:" + sha1,
	                                std::string("sha256:billing"), ":" + with_colons(kDigits)})
		EXPECT_FALSE(parse_subject(text)) << text;
}

}  // namespace
}  // namespace sluice::identity
