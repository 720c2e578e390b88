//! What rules ask of the namespace around them, answered.

use std::cell::Cell;
use std::net::IpAddr;

use netfilter::conntrack::Tracked;
use netfilter::matches::{AddrType, Recent, Set};
use netfilter::traverse::{CtView, Manip, NatRequest};
use netfilter::{DevName, Env, Family, Probability, RuleRef, Skb, Verdict};

use crate::asked::{Asked, Question};
use crate::dice::Dice;
use crate::fabric::Fabric;
use crate::memory::Remembered;
use crate::source;
use crate::space::{Namespace, NsId};

/// A namespace at one hook.
pub(crate) struct HookEnv<'e> {
    pub fabric: &'e Fabric,
    pub id: NsId,
    pub space: &'e Namespace,
    /// Whose rules are asked, iptables' or ip6tables'.
    pub family: Family,
    pub memory: &'e mut Remembered,
    pub dice: &'e mut Dice,
    pub asked: &'e mut Asked,
    pub tracked: &'e mut Option<Tracked>,
    /// Whether the packet carries another, whose connections share tunnels.
    pub tunnel: bool,
    pub now: u64,
    /// The next hop of the packet at hand, where it is routed.
    pub next_hop: Option<IpAddr>,
    /// The device the packet leaves by.
    pub out_dev: Option<DevName>,
    /// Whether the address of that device was asked for, as MASQUERADE does.
    pub asked_address: Cell<bool>,
}

impl HookEnv<'_> {
    fn ask(&mut self, question: Question) -> bool {
        self.asked
            .ask(&self.space.ns, question, self.memory, self.now)
    }
}

impl Env for HookEnv<'_> {
    fn draw(&mut self, _rule: &RuleRef, threshold: Probability) -> u32 {
        let number = self.dice.draw(threshold);
        self.asked.drew(&self.space.ns, threshold, number);
        number
    }

    fn conntrack(&self) -> CtView {
        self.memory
            .conntrack
            .view(self.tracked.unwrap_or(Tracked::Invalid))
    }

    /// `inet_dev_addr_type`, which looks into the table of own addresses alone; for IPv6 a route
    /// must lead there too (`match_type6`).
    fn address_type(&self, addr: IpAddr, dev: Option<&DevName>) -> AddrType {
        let dev = dev.and_then(|name| self.space.dev(name));
        match addr {
            IpAddr::V4(a) if a.octets()[0] == 0 || a.is_broadcast() => return AddrType::Broadcast,
            IpAddr::V6(a) if a.is_unspecified() => return AddrType::Unspec,
            _ if addr.is_multicast() => return AddrType::Multicast,
            _ => {}
        }
        if let Some(own) = self.space.local_dev(addr)
            && dev.is_none_or(|dev| dev == own)
        {
            return AddrType::Local;
        }
        if self.space.broadcasts.contains(&addr) {
            return AddrType::Broadcast;
        }
        if addr.is_ipv6()
            && self
                .fabric
                .route_out(self.id, self.space, addr, None)
                .is_err()
        {
            return AddrType::Unreachable;
        }
        AddrType::Unicast
    }

    fn recent(&mut self, what: &Recent, skb: &Skb) -> bool {
        self.ask(Question::Recent(Box::new((what.clone(), skb.clone()))))
    }

    fn nth(&mut self, rule: &RuleRef, every: u32, packet: u32) -> bool {
        self.ask(Question::Nth {
            rule: (self.family, rule.clone()),
            every,
            packet,
        })
    }

    fn limit(&mut self, rule: &RuleRef, milliseconds_per_token: u64, burst: u32) -> bool {
        self.ask(Question::Limit {
            rule: (self.family, rule.clone()),
            cost: milliseconds_per_token,
            burst,
        })
    }

    fn reverse_path(&self, skb: &Skb, loose: bool) -> Option<bool> {
        let dev = self.space.dev(skb.in_dev.as_ref()?)?;
        if dev == 0 {
            return Some(true);
        }
        let src = skb.packet.src;
        if self.space.is_local(src) {
            return Some(false);
        }
        Some(
            self.fabric
                .reverse_path(self.id, self.space, dev, src, loose)
                || (loose
                    && self
                        .fabric
                        .route_out(self.id, self.space, src, None)
                        .is_ok()),
        )
    }

    fn set_contains(&self, set: &Set, skb: &Skb) -> Option<bool> {
        let members = self.space.sets.get(&set.name)?;
        // Sets of addresses and of ranges have one part; the others are not modelled.
        let addr = match set.directions.as_str() {
            "src" => skb.packet.src,
            "dst" => skb.packet.dst,
            _ => return None,
        };
        Some(members.iter().any(|net| net.contains(&addr)))
    }

    fn primary_address(&self, dev: Option<&DevName>, towards: IpAddr) -> Option<IpAddr> {
        self.asked_address.set(true);
        let dev = match dev {
            None => 0,
            Some(name) => self.space.dev(name)?,
        };
        let next_hop = self.next_hop.unwrap_or(towards);
        source::select(self.space, dev, next_hop, towards)
    }

    fn nat(&mut self, skb: &mut Skb, request: &NatRequest) -> Verdict {
        let Some(tracked @ Tracked::Entry { id, .. }) = *self.tracked else {
            return Verdict::Accept;
        };
        // Which of a rule's own ports is free is for the other connections to say; a server's port
        // that is drawn is told apart, and no question is asked.
        self.asked.unsure |= match request.manip {
            Manip::Source => request.range.ports.is_some(),
            Manip::Destination => request.random_port && request.range.ports.is_some(),
        };
        let table = &mut self.memory.conntrack;
        if table.nat_settled(id, request.manip) {
            return Verdict::Drop;
        }
        let dice = &mut *self.dice;
        table.nat_setup(id, request, self.now, &mut || dice.port());
        if request.manip == Manip::Source && self.asked_address.get() {
            table.get_mut(id).masquerade_dev.clone_from(&self.out_dev);
        }
        table.translate(tracked, request.manip, &mut skb.packet);
        Verdict::Accept
    }

    fn set_connmark(&mut self, mark: u32) {
        self.asked.unsure |= self.tunnel;
        if let Some(Tracked::Entry { id, .. }) = *self.tracked {
            self.memory.conntrack.get_mut(id).mark = mark;
        }
    }

    fn notrack(&mut self) {
        *self.tracked = Some(Tracked::Untracked);
    }
}
