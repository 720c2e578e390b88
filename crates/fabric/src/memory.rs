//! What namespaces remember from one packet to the next. A value: clone it to look into the future.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use netfilter::conntrack::{Connection, Conntrack, Timeouts, ToolCommand, ToolOutput};
use netfilter::matches::{Recent, RecentOp};
use netfilter::{Family, RuleRef, Skb};

use crate::topology::Ns;

/// `ip_list_tot` of `xt_recent`: addresses in one list; the one unseen for longest makes room.
const RECENT_LIST_TOTAL: usize = 100;
/// How many times an address keeps (`ip_pkt_list_tot`).
const RECENT_STAMPS: usize = 20;
/// `XRLIM_BURST_FACTOR` in `net/ipv4/icmp.c`: ICMP errors in a burst, per peer.
const ICMP_BURST: u64 = 6;
/// `ip_rt_error_cost` and `ip_rt_error_burst` in `net/ipv4/route.c`: what routing's own errors cost
/// a peer, whatever `icmp_ratelimit` says, in milliseconds.
const UNROUTABLE: (u64, u64) = (1000, 5000);
/// How often what has timed out is swept away, in milliseconds.
const SWEEP: u64 = 30_000;
/// First and last port that a process without a wish gets (`ip_local_port_range`).
pub(crate) const EPHEMERAL: (u16, u16) = (32768, 60999);

/// Everything that lives on from one exchange to the next.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    clock: u64,
    /// When what has timed out was last swept away.
    swept: u64,
    spaces: BTreeMap<Ns, Remembered>,
}

impl Memory {
    /// Lets time pass.
    pub fn wait(&mut self, milliseconds: u64) {
        self.clock = self.clock.saturating_add(milliseconds);
        // Entries that have timed out count for nothing; sweeping them away only makes room.
        if self.clock - self.swept >= SWEEP {
            self.swept = self.clock;
            for space in self.spaces.values_mut() {
                space.conntrack.collect(self.clock);
            }
        }
    }

    /// Milliseconds since the beginning.
    pub fn now(&self) -> u64 {
        self.clock
    }

    /// `conntrack -L` in a namespace, one line for each entry.
    pub fn conntrack(&self, ns: &Ns) -> Vec<String> {
        self.listing(ns, Timeouts::Shown)
    }

    /// The same lines, with or without the seconds that are left.
    pub fn listing(&self, ns: &Ns, timeouts: Timeouts) -> Vec<String> {
        self.spaces
            .get(ns)
            .map(|space| space.conntrack.listing(self.clock, timeouts))
            .unwrap_or_default()
    }

    /// The entries of a namespace's conntrack table, oldest first.
    pub fn connections(&self, ns: &Ns) -> Vec<&Connection> {
        self.spaces
            .get(ns)
            .map(|space| space.conntrack.entries(self.clock))
            .unwrap_or_default()
    }

    /// The `conntrack` command in a namespace.
    pub fn run_conntrack(&mut self, ns: &Ns, command: &ToolCommand) -> ToolOutput {
        let now = self.clock;
        command.run(&mut self.space(ns).conntrack, now)
    }

    /// `conntrack -F` in a namespace.
    pub fn flush_conntrack(&mut self, ns: &Ns) {
        if let Some(space) = self.spaces.get_mut(ns) {
            space.conntrack.flush();
        }
    }

    /// `conntrack -D` in a namespace: takes out the entries of which `which` is true, and says how many.
    pub fn delete_conntrack(&mut self, ns: &Ns, which: impl FnMut(&Connection) -> bool) -> usize {
        self.spaces
            .get_mut(ns)
            .map_or(0, |space| space.conntrack.delete_where(which))
    }

    /// How many packets each rule of a namespace has matched since its rules were loaded.
    pub fn counters(&self, ns: &Ns, family: Family) -> BTreeMap<RuleRef, u64> {
        self.spaces
            .get(ns)
            .and_then(|space| space.counters.get(&family))
            .cloned()
            .unwrap_or_default()
    }

    /// Sets a namespace's rule counters, `nth` positions and token buckets back, as loading rules
    /// anew does. Lists of `-m recent` and connections live on.
    pub fn rules_loaded(&mut self, ns: &Ns) {
        self.rules_rewritten(ns, |_, _| false);
    }

    /// The same for all rules but those that `kept` says were not touched.
    pub fn rules_rewritten(&mut self, ns: &Ns, kept: impl Fn(Family, &RuleRef) -> bool) {
        let Some(space) = self.spaces.get_mut(ns) else {
            return;
        };
        for (&family, counters) in &mut space.counters {
            counters.retain(|rule, _| kept(family, rule));
        }
        space.nth.retain(|(family, rule), _| kept(*family, rule));
        space.limits.retain(|(family, rule), _| kept(*family, rule));
    }

    /// A namespace is gone, and all that it remembered with it.
    pub fn forget(&mut self, ns: &Ns) {
        self.spaces.remove(ns);
    }

    /// Keeps these lists of `-m recent` alone: the kernel drops one with the last rule that names it
    /// (`recent_mt_destroy`).
    pub fn keep_recent(&mut self, ns: &Ns, named: &BTreeSet<String>) {
        if let Some(space) = self.spaces.get_mut(ns) {
            space.recent.retain(|name, _| named.contains(name));
        }
    }

    /// The lists of `-m recent` in a namespace, as `/proc/net/xt_recent/NAME` shows them.
    pub fn recent(&self, ns: &Ns) -> BTreeMap<String, Vec<RecentEntry>> {
        self.spaces
            .get(ns)
            .map(|space| space.recent.clone())
            .unwrap_or_default()
    }

    /// The port that a process of this namespace gets: one after the other, beginning somewhere
    /// else in each namespace. (The kernel begins anywhere; ours must give the same walk again.)
    pub(crate) fn ephemeral_port(&mut self, ns: &Ns) -> u16 {
        let port = self.next_port(ns);
        let next = &mut self.space(ns).next_port;
        *next = Some(if port == EPHEMERAL.1 {
            EPHEMERAL.0
        } else {
            port + 1
        });
        port
    }

    /// A process binds a socket to a port that it chose; how often one did so before.
    pub(crate) fn bound_again(&mut self, ns: &Ns) -> u64 {
        let bound = &mut self.space(ns).bound;
        *bound += 1;
        *bound - 1
    }

    /// The port that the next process of this namespace will get.
    pub(crate) fn next_port(&self, ns: &Ns) -> u16 {
        let space = self.spaces.get(ns);
        space
            .and_then(|space| space.next_port)
            .unwrap_or_else(|| first_port(ns))
    }

    /// Every port that an entry of any table has.
    pub(crate) fn ports_in_use(&self) -> BTreeSet<u16> {
        let tables = self.spaces.values().map(|space| &space.conntrack);
        tables
            .flat_map(|table| table.entries(self.clock))
            .flat_map(|conn| [conn.original, conn.reply])
            .flat_map(|tuple| [tuple.sport, tuple.dport])
            .collect()
    }

    /// Whether since the last question a first packet found its connection there already.
    pub(crate) fn consulted(&mut self) -> bool {
        let spaces = self.spaces.values_mut();
        spaces.fold(false, |any, space| {
            any | std::mem::take(&mut space.consulted)
        })
    }

    /// What all rules have counted.
    pub(crate) fn tally(&self) -> Tally {
        let mut tally = Tally::new();
        for (ns, space) in &self.spaces {
            for (&family, counters) in &space.counters {
                for (rule, &count) in counters {
                    tally.insert((ns.clone(), family, rule.clone()), count);
                }
            }
        }
        tally
    }

    /// Counts what was counted in an exchange, once more for each time it happened again.
    pub(crate) fn count_again(&mut self, once: &Tally, times: u64) {
        for ((ns, family, rule), count) in once {
            let counters = self.space(ns).counters.entry(*family).or_default();
            *counters.entry(rule.clone()).or_insert(0) += count * times;
        }
    }

    pub(crate) fn space(&mut self, ns: &Ns) -> &mut Remembered {
        if !self.spaces.contains_key(ns) {
            self.spaces.insert(ns.clone(), Remembered::default());
        }
        self.spaces
            .get_mut(ns)
            .expect("it was put there a line above")
    }
}

/// A rule of iptables or of ip6tables.
pub(crate) type Place = (Family, RuleRef);

/// What rules have counted, by namespace.
pub(crate) type Tally = BTreeMap<(Ns, Family, RuleRef), u64>;

/// An address in a list of `-m recent`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentEntry {
    /// The address.
    pub addr: IpAddr,
    /// The TTL it was last seen with.
    pub ttl: u8,
    /// When it was seen, in milliseconds, newest last.
    pub stamps: Vec<u64>,
}

/// What one namespace remembers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Remembered {
    pub conntrack: Conntrack,
    pub counters: BTreeMap<Family, BTreeMap<RuleRef, u64>>,
    recent: BTreeMap<String, Vec<RecentEntry>>,
    nth: BTreeMap<Place, u32>,
    limits: BTreeMap<Place, Bucket>,
    icmp_peers: BTreeMap<IpAddr, Bucket>,
    unroutable_peers: BTreeMap<IpAddr, Bucket>,
    next_port: Option<u16>,
    /// How often a process bound a socket to a port of its choice.
    bound: u64,
    /// See [`Memory::consulted`].
    pub consulted: bool,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    credit: u64,
    last: u64,
}

impl Bucket {
    /// Takes `cost` out of a bucket that gains one a millisecond and holds at most `cap`.
    fn take(&mut self, cost: u64, cap: u64, now: u64) -> bool {
        self.credit = (self.credit + now.saturating_sub(self.last)).min(cap);
        self.last = now;
        let enough = self.credit >= cost;
        if enough {
            self.credit -= cost;
        }
        enough
    }
}

impl Remembered {
    /// `recent_mt`: says whether the bare match holds, and updates the list.
    pub fn recent(&mut self, what: &Recent, skb: &Skb, now: u64) -> bool {
        let addr = masked(
            if what.destination {
                skb.packet.dst
            } else {
                skb.packet.src
            },
            what.mask,
        );
        // Where the packet is on its way out, the TTL before forwarding is meant.
        let ttl = skb
            .packet
            .ttl
            .saturating_add(u8::from(skb.out_dev.is_some() && skb.in_dev.is_some()));
        let list = self.recent.entry(what.name.clone()).or_default();
        let at = list.iter().position(|entry| entry.addr == addr);
        let Some(at) = at else {
            if what.op.value != RecentOp::Set {
                return false;
            }
            if list.len() >= RECENT_LIST_TOTAL {
                list.remove(0);
            }
            list.push(RecentEntry {
                addr,
                ttl,
                stamps: vec![now],
            });
            return true;
        };
        let oldest = what
            .seconds
            .map(|seconds| now.saturating_sub(u64::from(seconds) * 1000));
        let truth = match what.op.value {
            RecentOp::Set => true,
            RecentOp::Remove => {
                list.remove(at);
                return true;
            }
            RecentOp::Rcheck | RecentOp::Update => {
                let hits = list[at]
                    .stamps
                    .iter()
                    .filter(|&&stamp| oldest.is_none_or(|oldest| stamp >= oldest))
                    .count();
                hits >= what.hitcount.unwrap_or(1).max(1) as usize
            }
        };
        let renew = match what.op.value {
            RecentOp::Set => true,
            RecentOp::Update => what.op.holds(truth),
            _ => false,
        };
        if renew {
            // The list is kept in the order of use, so that the oldest can make room.
            let mut entry = list.remove(at);
            entry.ttl = ttl;
            entry.stamps.push(now);
            if entry.stamps.len() > RECENT_STAMPS {
                entry.stamps.remove(0);
            }
            list.push(entry);
        }
        if let (true, Some(oldest)) = (what.reap, oldest) {
            // `recent_entry_reap` looks at the entry unused for longest, and no further.
            let stale = list
                .first()
                .is_some_and(|entry| entry.stamps.last().is_some_and(|&last| last < oldest));
            if stale && !(renew && list.len() == 1) {
                list.remove(0);
            }
        }
        truth
    }

    /// `-m statistic --mode nth`: counts, and says whether this one is `packet` of `every`.
    pub fn nth(&mut self, rule: &Place, every: u32, packet: u32) -> bool {
        let count = self.nth.entry(rule.clone()).or_insert(0);
        let hit = *count == packet;
        *count = if *count + 1 >= every { 0 } else { *count + 1 };
        hit
    }

    /// `limit_mt`: a bucket that begins full.
    pub fn limit(&mut self, rule: &Place, cost: u64, burst: u32, now: u64) -> bool {
        let cap = cost.saturating_mul(u64::from(burst));
        self.limits
            .entry(rule.clone())
            .or_insert(Bucket {
                credit: cap,
                last: now,
            })
            .take(cost, cap, now)
    }

    /// `ip_error`: whether routing may tell this peer that there is no route.
    pub fn unroutable_allowed(&mut self, peer: IpAddr, now: u64) -> bool {
        let (cost, burst) = UNROUTABLE;
        self.unroutable_peers
            .entry(peer)
            .or_insert(Bucket {
                credit: burst,
                last: now,
            })
            .take(cost, burst, now)
    }

    /// `inet_peer_xrlim_allow`: whether an ICMP error may go to this peer.
    pub fn icmp_allowed(&mut self, peer: IpAddr, ratelimit: u64, now: u64) -> bool {
        if ratelimit == 0 {
            return true;
        }
        let cap = ratelimit * ICMP_BURST;
        self.icmp_peers
            .entry(peer)
            .or_insert(Bucket {
                credit: cap,
                last: now,
            })
            .take(ratelimit, cap, now)
    }
}

fn first_port(ns: &Ns) -> u16 {
    let name = match ns {
        Ns::Node(name) | Ns::Pod(name) | Ns::External(name) => name.as_str(),
        Ns::Router => "",
    };
    // FNV-1a
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    spread(hash, EPHEMERAL)
}

/// A port in a range, by a hash whose neighbours land far apart (the finisher of splitmix64).
pub(crate) fn spread(hash: u64, (first, last): (u16, u16)) -> u16 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let hash = hash ^ (hash >> 31);
    let span = u64::from(last - first) + 1;
    first + (((hash >> 32) * span) >> 32) as u16
}

fn masked(addr: IpAddr, mask: Option<IpAddr>) -> IpAddr {
    match (addr, mask) {
        (IpAddr::V4(a), Some(IpAddr::V4(m))) => IpAddr::V4((u32::from(a) & u32::from(m)).into()),
        (IpAddr::V6(a), Some(IpAddr::V6(m))) => IpAddr::V6((u128::from(a) & u128::from(m)).into()),
        _ => addr,
    }
}
