#include "port/request_limiter.h"

#include <algorithm>
#include <cstring>

#include "identity/ossl.h"
#include "sluice/core/siphash.h"

namespace sluice::port {
namespace {

constexpr std::size_t kSets = 1u << 13;
constexpr std::uint64_t kSecond = 1'000'000'000;
// A log begins past any window: words that were never written have left it.
constexpr std::uint64_t kLogStart = 3600 * kSecond >> SLUICE_TICK_SHIFT;

bool is_log(const sluice_meter& meter)
{
	return meter.algorithm == SLUICE_SLIDING_LOG;
}

std::size_t words_of_set(const sluice_meter& meter)
{
	return is_log(meter) ? SLUICE_LOG_WORDS : SLUICE_WAYS;
}

// Windows begin at multiples of their length, so that all hosts' do at once where their clocks do.
void begin(sluice_meter& meter, std::uint64_t mono_ns)
{
	meter.base = is_log(meter) ? kLogStart : 0;
	meter.epoch_mono_ns = meter.algorithm == SLUICE_FIXED_WINDOW ? mono_ns - mono_ns % (meter.window_s * kSecond) : mono_ns;
}

bool is_same(const RequestLimit& one, const RequestLimit& other)
{
	const sluice_meter& a = one.meter;
	const sluice_meter& b = other.meter;
	return one.header == other.header && a.speed == b.speed && a.cost == b.cost && a.burst == b.burst && a.window_s == b.window_s &&
	       a.algorithm == b.algorithm;
}

}  // namespace

RequestLimiter::RequestLimiter(const RequestLimit& limit, const LimitSecret& secret, std::uint64_t mono_ns)
    : limit_(limit), secret_(secret), words_(kSets * words_of_set(limit.meter))
{
	begin(limit_.meter, mono_ns);
}

RequestLimiter::Place RequestLimiter::place_of(std::string_view key) const
{
	const auto digest = identity::sha256(identity::bytes_of(key));
	std::array<__u64, 4> words{};
	if (digest)
		std::memcpy(words.data(), digest->data(), sizeof words);
	const std::uint64_t hash = sluice_siphash(secret_[0], secret_[1], words.data(), words.size());
	const auto tag = static_cast<std::uint32_t>(hash >> SLUICE_READING_BITS);
	return {(hash & (kSets - 1)) * words_of_set(limit_.meter), std::max(tag, 1u)};
}

std::uint64_t RequestLimiter::time_to_sink(std::uint64_t units, std::uint64_t mono_ns) const
{
	const sluice_meter& meter = limit_.meter;
	if (units == 0)
		return 0;
	if (meter.algorithm == SLUICE_FIXED_WINDOW)
		return meter.window_s * kSecond - sluice_meter_age_ns(&meter, mono_ns) % (meter.window_s * kSecond);
	return ((units << SLUICE_SPEED_SHIFT) / meter.speed + 1) << SLUICE_TICK_SHIFT;
}

RequestLimiter::Offer RequestLimiter::offer_of_bucket(const Place& place, std::uint64_t mono_ns) const
{
	const sluice_meter& meter = limit_.meter;
	sluice_bucket_set set{};
	std::copy_n(words_.begin() + static_cast<std::ptrdiff_t>(place.first), SLUICE_WAYS, set.way);
	const std::uint64_t reading = sluice_meter_reading(&meter, mono_ns);
	const sluice_charge charge = sluice_limiter_offer(&meter, &set, place.tag, reading, meter.cost);
	const std::uint64_t before = sluice_bucket_level(&meter, charge.seen, reading);
	const std::uint64_t level = charge.admitted ? before + meter.cost : before;
	Offer offer;
	offer.admitted = charge.admitted;
	offer.remaining = (meter.burst - std::min<std::uint64_t>(level, meter.burst)) / meter.cost;
	offer.wait_ns = charge.admitted ? 0 : time_to_sink(before + meter.cost - meter.burst, mono_ns);
	offer.reset_ns = time_to_sink(level, mono_ns);
	offer.word = place.first + charge.way;
	offer.next = charge.next;
	return offer;
}

RequestLimiter::Offer RequestLimiter::offer_of_log(const Place& place, std::uint64_t mono_ns) const
{
	const sluice_meter& meter = limit_.meter;
	const std::uint64_t reading = sluice_meter_reading(&meter, mono_ns);
	sluice_log_view view{};
	for (std::uint32_t i = 0; i < SLUICE_LOG_WORDS; i++)
		sluice_log_see(&view, &meter, words_[place.first + i], i, place.tag, reading);
	Offer offer;
	offer.admitted = sluice_log_admits(&view, &meter);
	const std::uint64_t level = view.level + (offer.admitted ? 1 : 0);
	offer.remaining = meter.burst - std::min<std::uint64_t>(level, meter.burst);
	offer.wait_ns = offer.admitted ? 0 : sluice_log_wait(&view, &meter) << SLUICE_TICK_SHIFT;
	offer.reset_ns = level == 0 ? 0 : meter.window_s * kSecond;
	offer.word = place.first + sluice_log_place(&view);
	offer.next = sluice_log_stamp(&meter, place.tag, reading);
	return offer;
}

RequestLimiter::Offer RequestLimiter::offer(std::string_view key, std::uint64_t mono_ns) const
{
	const Place place = place_of(key);
	return is_log(limit_.meter) ? offer_of_log(place, mono_ns) : offer_of_bucket(place, mono_ns);
}

void RequestLimiters::follow(const std::vector<RequestLimit>& limits, std::uint64_t mono_ns)
{
	std::vector<RequestLimiter> next;
	for (const RequestLimit& limit : limits) {
		const auto known = std::find_if(limiters_.begin(), limiters_.end(), [&](const RequestLimiter& each) { return is_same(each.limit(), limit); });
		if (known != limiters_.end())
			next.push_back(std::move(*known));
		else
			next.emplace_back(limit, secret_, mono_ns);
	}
	limiters_ = std::move(next);
}

std::vector<RequestLimiters::Said> RequestLimiters::charge(const std::vector<std::optional<std::string>>& keys, std::uint64_t mono_ns)
{
	std::vector<Said> said;
	std::vector<RequestLimiter*> asked;
	for (std::size_t i = 0; i < limiters_.size() && i < keys.size(); i++) {
		if (!keys[i])
			continue;
		said.push_back({limiters_[i].limit(), limiters_[i].offer(*keys[i], mono_ns)});
		asked.push_back(&limiters_[i]);
	}
	const bool admitted = std::all_of(said.begin(), said.end(), [](const Said& each) { return each.offer.admitted; });
	for (std::size_t i = 0; admitted && i < said.size(); i++)
		asked[i]->charge(said[i].offer);
	return said;
}

}  // namespace sluice::port
