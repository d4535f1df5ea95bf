// core/lease.h: when a binding counts, to the nanosecond.
#include <gtest/gtest.h>

#include "sluice/core/lease.h"

namespace sluice::test {

TEST(CoreLease, CountsWhileGenerationsAgreeAndBothTimesLieAhead)
{
	constexpr std::uint64_t kNow = 1000;
	for (const std::uint64_t identity_until : {kNow - 1, kNow, kNow + 1}) {
		for (const std::uint64_t binding_until : {kNow - 1, kNow, kNow + 1}) {
			const sluice_identity identity{identity_until, 2, 7, 0};
			const sluice_binding binding{binding_until, 1, 7};
			const bool over = identity_until <= kNow || binding_until <= kNow;
			EXPECT_EQ(over ? SLUICE_LEASE_EXPIRED : SLUICE_LEASE_IN_FORCE, sluice_lease_state(&identity, &binding, kNow))
				<< identity_until << " " << binding_until;
			for (const std::uint32_t generation : {6u, 8u}) {
				const sluice_binding other{binding_until, 1, generation};
				EXPECT_EQ(SLUICE_LEASE_REVOKED, sluice_lease_state(&identity, &other, kNow));
			}
		}
	}
}

TEST(CoreLease, WhatIsInForceOutranksThenTheLongest)
{
	const sluice_lease none{};
	sluice_lease held{};
	held.state = SLUICE_LEASE_IN_FORCE;
	held.length = 120;
	EXPECT_TRUE(sluice_lease_outranks(SLUICE_LEASE_EXPIRED, 1, &none));
	EXPECT_FALSE(sluice_lease_outranks(SLUICE_LEASE_EXPIRED, SLUICE_BINDING_FLOW, &held));
	EXPECT_FALSE(sluice_lease_outranks(SLUICE_LEASE_IN_FORCE, 119, &held));
	EXPECT_TRUE(sluice_lease_outranks(SLUICE_LEASE_IN_FORCE, 128, &held));
	held.state = SLUICE_LEASE_REVOKED;
	EXPECT_TRUE(sluice_lease_outranks(SLUICE_LEASE_IN_FORCE, 1, &held));
	EXPECT_TRUE(sluice_lease_outranks(SLUICE_LEASE_EXPIRED, 121, &held));
}

}  // namespace sluice::test
