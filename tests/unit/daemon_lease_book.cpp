// The lease book: who gets a lease for how long, who is refused by which name, and that a refusal takes nothing from anybody.
#include <gtest/gtest.h>

#include "daemon/lease_book.h"
#include "datapath/memory_datapath.h"

namespace sluice::daemon {
namespace {

using identity::Refusal;

constexpr std::uint64_t kSecond = 1'000'000'000;

datapath::Binding flow(std::uint16_t port)
{
	return datapath::Flow{*net::Address::parse("198.51.100.7"), *net::Address::parse("203.0.113.10"), port, 443, net::kTcp};
}

class DaemonLeaseBook : public testing::Test {
protected:
	void SetUp() override { ASSERT_TRUE(book_.reconcile()); }

	identity::Identity named(const std::string& name, std::int64_t seconds = 3600) const
	{
		identity::Identity identity;
		identity.name = "spiffe://prod.example/" + name;
		identity.authority = "prod.example";
		identity.roles = 2;
		identity.until = identity::moment_of_unix_ns(clock_.unix_ns()) + std::chrono::seconds(seconds);
		return identity;
	}

	std::size_t standing() { return datapath_.leases()->leases.size(); }

	void expect_refused(const identity::Checked<Grant>& granted, Refusal why)
	{
		ASSERT_FALSE(granted);
		EXPECT_EQ(name_of(granted.error().refusal), name_of(why));
	}

	ManualClock clock_;
	datapath::MemoryDatapath datapath_{clock_};
	LeaseBook book_{datapath_, clock_};
};

TEST_F(DaemonLeaseBook, ALeaseIsNoLongerThanCertificateAndPolicy)
{
	EXPECT_EQ(book_.grant(named("a"), flow(1))->length_ns, 300 * kSecond);
	EXPECT_EQ(book_.grant(named("b", 40), flow(2))->length_ns, 40 * kSecond);
	expect_refused(book_.grant(named("c", 0), flow(3)), Refusal::kCertificateExpired);
	EXPECT_EQ(standing(), 2u);
	clock_.advance(40 * kSecond);
	EXPECT_EQ(standing(), 1u);
}

TEST_F(DaemonLeaseBook, RenewalKeepsTheSlotAndAnotherIdentityTakesAnother)
{
	const auto first = book_.grant(named("a"), flow(1));
	clock_.advance(150 * kSecond);
	const auto renewed = book_.grant(named("a"), flow(1));
	EXPECT_FALSE(first->renewed);
	EXPECT_TRUE(renewed->renewed);
	EXPECT_EQ(renewed->slot, first->slot);
	EXPECT_NE(book_.grant(named("b"), flow(2))->slot, first->slot);
	clock_.advance(200 * kSecond);
	EXPECT_EQ(standing(), 2u) << "the renewed one outlives the first expiry";
}

TEST_F(DaemonLeaseBook, QuotasRefuseNewcomersAndRenewThoseThatAreThere)
{
	LeaseTerms terms;
	terms.each_identity = 2;
	terms.each_authority = 2;
	book_.set_terms(terms);
	ASSERT_TRUE(book_.grant(named("a"), flow(1)));
	ASSERT_TRUE(book_.grant(named("a"), flow(2)));
	expect_refused(book_.grant(named("a"), flow(3)), Refusal::kIdentityQuota);
	EXPECT_TRUE(book_.grant(named("a"), flow(2)));
	ASSERT_TRUE(book_.grant(named("b"), flow(4)));
	expect_refused(book_.grant(named("c"), flow(5)), Refusal::kAuthorityQuota);
	EXPECT_TRUE(book_.grant(named("b"), flow(4)));
	EXPECT_EQ(standing(), 3u);
}

TEST_F(DaemonLeaseBook, AFullTableRefusesAndBurnsNoSlot)
{
	datapath_.set_lease_room(3, 1);
	ASSERT_TRUE(book_.reconcile());
	ASSERT_TRUE(book_.grant(named("a"), flow(1)));
	for (int i = 0; i < 10; i++)
		expect_refused(book_.grant(named("b" + std::to_string(i)), flow(2)), Refusal::kExhausted);
	EXPECT_TRUE(book_.grant(named("a"), flow(1)));
	clock_.advance(301 * kSecond);
	EXPECT_TRUE(book_.grant(named("b"), flow(2)));
	EXPECT_EQ(standing(), 1u);
}

TEST_F(DaemonLeaseBook, AnAddressIsLeasedOnlyWherePolicySaysItIsOneHosts)
{
	expect_refused(book_.grant(named("a"), *net::Prefix::parse("10.1.0.7")), Refusal::kAddressShared);
	LeaseTerms terms;
	terms.unshared = {*net::Prefix::parse("10.1.0.0/16"), *net::Prefix::parse("2001:db8:1::/48")};
	book_.set_terms(terms);
	EXPECT_TRUE(book_.grant(named("a"), *net::Prefix::parse("10.1.0.7")));
	EXPECT_TRUE(book_.grant(named("a"), *net::Prefix::parse("2001:db8:1:2::/64")));
	expect_refused(book_.grant(named("a"), *net::Prefix::parse("10.1.0.0/24")), Refusal::kAddressShared);
	expect_refused(book_.grant(named("a"), *net::Prefix::parse("2001:db8:1::/63")), Refusal::kAddressShared);
	expect_refused(book_.grant(named("a"), *net::Prefix::parse("10.2.0.7")), Refusal::kAddressShared);
}

TEST_F(DaemonLeaseBook, WhoIsRevokedGetsNoLeaseUntilAllowedAlsoAfterARestart)
{
	ASSERT_TRUE(book_.grant(named("a"), flow(1)));
	ASSERT_TRUE(book_.grant(named("a"), flow(2)));
	ASSERT_TRUE(book_.grant(named("b"), flow(3)));
	EXPECT_EQ(*book_.revoke(named("a").name), 2u);
	EXPECT_EQ(standing(), 1u);
	LeaseBook next(datapath_, clock_);
	ASSERT_TRUE(next.reconcile());
	clock_.advance(400 * kSecond);
	expect_refused(next.grant(named("a"), flow(1)), Refusal::kIdentityRevoked);
	EXPECT_EQ(*next.allow(named("a").name), 1u);
	EXPECT_TRUE(next.grant(named("a"), flow(1)));
	EXPECT_EQ(*next.revoke("nobody"), 0u);
	EXPECT_EQ(*next.allow(named("a").name), 0u);
}

TEST_F(DaemonLeaseBook, NamesThatTheKernelCutOffAreKnownAfterARestart)
{
	identity::Identity wide = named("a");
	wide.authority = std::string(100, 'd') + ".example";
	wide.name = "spiffe://" + wide.authority + "/a";
	ASSERT_TRUE(book_.grant(wide, flow(1)));
	LeaseBook renews(datapath_, clock_);
	ASSERT_TRUE(renews.reconcile());
	EXPECT_TRUE(renews.grant(wide, flow(1))->renewed);
	EXPECT_EQ(renews.use().identities, 1u);
	clock_.advance(300 * kSecond);
	renews.forget_expired();
	EXPECT_EQ(renews.use().identities, 0u) << "who was counted by the beginning of its authority's name is counted no more";

	ASSERT_TRUE(renews.grant(wide, flow(1)));
	LeaseBook revokes(datapath_, clock_);
	ASSERT_TRUE(revokes.reconcile());
	EXPECT_EQ(*revokes.revoke(wide.name), 1u);
	EXPECT_EQ(standing(), 0u);
}

TEST_F(DaemonLeaseBook, AnIdentityThatComesBackFindsItsSlotUnlessAnotherNeededIt)
{
	datapath_.set_lease_room(4, 16);
	ASSERT_TRUE(book_.reconcile());
	const std::uint32_t of_a = book_.grant(named("a"), flow(1))->slot;
	clock_.advance(301 * kSecond);
	const std::uint32_t of_b = book_.grant(named("b"), flow(2))->slot;
	EXPECT_NE(of_b, of_a);
	EXPECT_EQ(book_.grant(named("a"), flow(1))->slot, of_a);
	clock_.advance(301 * kSecond);
	const std::uint32_t of_c = book_.grant(named("c"), flow(3))->slot;
	EXPECT_NE(of_c, of_a);
	EXPECT_NE(of_c, of_b);
	EXPECT_EQ(book_.grant(named("b"), flow(2))->slot, of_b);
	EXPECT_EQ(book_.grant(named("d"), flow(4))->slot, of_a) << "the longest idle";
	expect_refused(book_.grant(named("a"), flow(1)), Refusal::kExhausted);
	EXPECT_EQ(book_.name_of(of_a), named("d").name);
}

TEST_F(DaemonLeaseBook, ABindingGoesToWhoProvedItLast)
{
	ASSERT_TRUE(book_.grant(named("a"), flow(1)));
	ASSERT_TRUE(book_.grant(named("a"), flow(2)));
	const auto taken = book_.grant(named("b"), flow(1));
	ASSERT_TRUE(taken);
	EXPECT_FALSE(taken->renewed);
	EXPECT_EQ(book_.use().leases, 2u);
	EXPECT_EQ(book_.use().identities, 2u);
	ASSERT_TRUE(book_.grant(named("b"), flow(2)));
	EXPECT_EQ(book_.use().identities, 1u);
	clock_.advance(301 * kSecond);
	book_.forget_expired();
	EXPECT_EQ(book_.use().leases, 0u);
	EXPECT_EQ(book_.use().identities, 0u);
}

TEST_F(DaemonLeaseBook, LeasesThatRevocationEndedCountForNobody)
{
	LeaseTerms terms;
	terms.each_identity = 2;
	book_.set_terms(terms);
	ASSERT_TRUE(book_.grant(named("a"), flow(1)));
	ASSERT_TRUE(book_.grant(named("a"), flow(2)));
	EXPECT_EQ(*book_.revoke(named("a").name), 2u);
	EXPECT_EQ(book_.use().leases, 0u);
	EXPECT_EQ(*book_.allow(named("a").name), 1u);
	clock_.advance(100 * kSecond);
	const auto again = book_.grant(named("a"), flow(1));
	ASSERT_TRUE(again);
	EXPECT_FALSE(again->renewed);
	ASSERT_TRUE(book_.grant(named("a"), flow(3)));
	clock_.advance(250 * kSecond);
	book_.forget_expired();
	EXPECT_EQ(book_.use().leases, 2u) << "the ends of the former leases end none of the new ones";
	clock_.advance(51 * kSecond);
	book_.forget_expired();
	EXPECT_EQ(book_.use().leases, 0u);
}

TEST_F(DaemonLeaseBook, AShorterLeaseEndsOnItsTime)
{
	ASSERT_TRUE(book_.grant(named("a"), flow(1)));
	ASSERT_TRUE(book_.grant(named("a", 10), flow(1)));
	clock_.advance(11 * kSecond);
	book_.forget_expired();
	EXPECT_EQ(book_.use().leases, 0u);
	clock_.advance(300 * kSecond);
	book_.forget_expired();
	EXPECT_EQ(book_.use().leases, 0u);
}

TEST_F(DaemonLeaseBook, ManyLeasesComeGoAndAreCountedRight)
{
	datapath_.set_lease_room(1000, 100'000);
	ASSERT_TRUE(book_.reconcile());
	LeaseTerms terms;
	terms.each_identity = 1000;
	book_.set_terms(terms);
	for (int round = 0; round < 3; round++) {
		for (std::uint16_t port = 1; port <= 5000; port++)
			ASSERT_TRUE(book_.grant(named(std::to_string((port * 7 + round) % 500)), flow(port)));
		EXPECT_EQ(book_.use().leases, 5000u);
		EXPECT_EQ(book_.use().identities, 500u);
		EXPECT_EQ(standing(), 5000u);
		clock_.advance(100 * kSecond);
	}
	clock_.advance(300 * kSecond);
	book_.forget_expired();
	EXPECT_EQ(book_.use().leases, 0u);
	EXPECT_EQ(standing(), 0u);
}

TEST_F(DaemonLeaseBook, AFailureOfTheDatapathLeavesWhatStands)
{
	ASSERT_TRUE(book_.grant(named("a"), flow(1)));
	for (std::uint64_t call = 1; call <= 2; call++) {
		datapath_.fail_at(call);
		expect_refused(book_.grant(named("b"), flow(2)), Refusal::kInternal);
		EXPECT_EQ(standing(), 1u);
	}
	EXPECT_TRUE(book_.grant(named("b"), flow(2)));
}

TEST_F(DaemonLeaseBook, ARevocationFindsEverySlotOfItsNameAndNoOther)
{
	datapath_.set_lease_room(4, 16);
	ASSERT_TRUE(book_.reconcile());
	const auto mapped = [&](const std::string& name, const std::string& authority) {
		identity::Identity one = named("x");
		one.name = name;
		one.authority = authority;
		return one;
	};
	ASSERT_TRUE(book_.grant(mapped("partner-a", "first"), flow(1)) && book_.grant(mapped("partner-a", "second"), flow(2)));
	ASSERT_TRUE(book_.grant(mapped("partner-aa", "first"), flow(3)));
	EXPECT_EQ(*book_.revoke("partner-a"), 2u) << "whoever vouches for it";
	EXPECT_EQ(standing(), 1u);
	EXPECT_EQ(*book_.revoke("partner-"), 0u) << "near miss: the beginning of a name";
	EXPECT_EQ(*book_.allow("partner-a"), 2u);

	// The slots go to others, and with them their names.
	clock_.advance(301 * kSecond);
	for (std::uint16_t port = 4; port < 7; port++)
		ASSERT_TRUE(book_.grant(named(std::to_string(port)), flow(port)));
	EXPECT_EQ(*book_.revoke("partner-a"), 0u);
	EXPECT_EQ(*book_.revoke("partner-aa"), 0u);
	EXPECT_EQ(standing(), 3u);
	EXPECT_EQ(*book_.revoke(named("5").name), 1u);
}

}  // namespace
}  // namespace sluice::daemon
