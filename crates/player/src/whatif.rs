//! What-ifs on the page: what is on offer, what was done last, and what came of it. What they are and how
//! they are written is [`edit`]'s; they cross the boundary by their ids.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::comparison::Comparison;
use crate::session::{Refusal, Shared};
use crate::settings::Setting;

/// A change worth a click.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Tells it from the others.
    pub id: String,
    /// As the button says it.
    pub label: String,
    /// What it does to whom, in a sentence.
    pub about: String,
}

/// What could be done to one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointOffers {
    /// What it is called.
    pub name: String,
    /// Its address.
    pub address: String,
    /// What could be done.
    pub offers: Vec<Offer>,
}

/// Everything on offer for the question on screen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Offers {
    /// The Service that is asked, by namespace and name.
    pub service: Option<String>,
    /// More or fewer endpoints.
    pub scale: Vec<Offer>,
    /// By endpoint.
    pub endpoints: Vec<EndpointOffers>,
    /// The Service's own fields.
    pub fields: Vec<Offer>,
    /// kube-proxy's configuration.
    pub proxy: Vec<Offer>,
    /// The network under the cluster.
    pub network: Vec<Offer>,
}

/// A text after a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edited {
    /// The change.
    pub offer: Offer,
    /// The text.
    pub text: String,
    /// The lines that were touched.
    pub lines: Vec<ChangedLines>,
}

/// Lines that a click touched, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedLines {
    /// The first.
    pub first: usize,
    /// The last.
    pub last: usize,
    /// What became of them.
    pub mark: LineMark,
}

/// What became of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LineMark {
    /// They are new or say something else.
    Written,
    /// Something is gone before this line.
    Gone,
}

/// With what the cluster is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Against {
    /// With the one before the last change.
    #[default]
    LastChange,
    /// With the text as it was pasted.
    Beginning,
}

/// What a person does in the panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Takes an offer.
    Take(String),
    /// Changes a setting.
    Set(Setting),
    /// Looks at another endpoint's offers.
    Endpoint(String),
    /// Compares with something else.
    Against(Against),
}

/// The page's own part.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WhatIf {
    /// What is on offer, once it is known.
    pub offers: Option<Shared<Offers>>,
    /// The request for it.
    pub offers_asked: Option<u64>,
    /// The endpoint whose offers are shown, where one was chosen.
    pub endpoint: Option<String>,
    /// The request that writes a change.
    pub edit_asked: Option<u64>,
    /// Why the last one could not be written.
    pub refusal: Option<Refusal>,
    /// With what the cluster is compared.
    pub against: Against,
    /// What differs, or why that can't be said.
    pub comparison: Option<Shared<Result<Comparison, Refusal>>>,
    /// The request for it.
    pub comparison_asked: Option<u64>,
    /// The lines of the text that the last click touched.
    pub lines: Rc<Vec<ChangedLines>>,
}

impl WhatIf {
    /// Another cluster or another question: nothing that was found out holds any more.
    pub fn forget(&mut self) {
        self.offers = None;
        self.offers_asked = None;
        self.comparison = None;
        self.comparison_asked = None;
    }

    /// Nothing that was asked for will be answered.
    pub fn unasked(&mut self) {
        self.edit_asked = None;
        if self.offers.is_none() {
            self.offers_asked = None;
        }
        if self.comparison.is_none() {
            self.comparison_asked = None;
        }
    }

    /// The endpoint whose offers are shown: the one chosen, else that of the walk, else the first.
    pub fn endpoint_shown<'a>(
        &self,
        offers: &'a Offers,
        walked: Option<&str>,
    ) -> Option<&'a EndpointOffers> {
        let named = |name: &str| {
            let mut all = offers.endpoints.iter();
            all.find(|e| e.name == name || e.address == name)
        };
        let chosen = self.endpoint.as_deref().and_then(named);
        chosen
            .or_else(|| walked.and_then(named))
            .or(offers.endpoints.first())
    }
}
