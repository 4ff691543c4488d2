//! One scenario changed by patches, all others as they are: what a lever does.
//!
//! Changes of the command line are laid over files, so that those which inherit change too. A lever changes one environment.

use std::collections::HashMap;

use super::inherit::overlay;
use super::node::{Kind, Node};
use super::patch::{self, NewValue, Patch};
use super::read::read;
use super::{LEVEL, Loader, Scenario, Scenarios};
use crate::diagnostic::Problems;
use crate::pricing::PriceBook;
use crate::source::Sources;

impl Scenarios {
    /// A scenario with patches laid over it one after the other. `sources` holds the files of the scenarios and those out of which the
    /// patches were read.
    ///
    /// # Errors
    /// Everything that is wrong with it, with the files to show it in.
    pub fn changed(
        &self,
        scenario: &Scenario,
        patches: &[Patch],
        book: &PriceBook,
        sources: &Sources,
    ) -> Result<Scenario, Box<(Problems, Sources)>> {
        let mut loader = Loader {
            sources: sources.clone(),
            problems: Problems::default(),
            defaults: self.defaults.clone(),
            trees: Vec::new(),
            levels: HashMap::new(),
            measured: Default::default(),
            book,
        };
        let mut tree = scenario.tree.clone();
        for patch in patches {
            if patch.path == LEVEL {
                let level = patch::find(&tree, &patch::steps(LEVEL)).ok();
                let level = level.and_then(|n| read(n, &[], &loader.defaults, &mut Problems::default()));
                loader.levels.extend(level.map(|l| (scenario.name.to_string(), l)));
            }
            let nothing = Node { kind: Kind::Map(Vec::new()), at: tree.at };
            match patch.apply(&nothing, Some(&tree), &mut loader.sources) {
                Ok(change) => tree = overlay(&tree, &change),
                Err(mut diagnostic) => {
                    if let NewValue::Read(node) = &patch.value {
                        diagnostic.place.get_or_insert(node.at);
                    }
                    loader.problems.push(*diagnostic);
                }
            }
        }
        let changed = loader.complete(tree).filter(|_| loader.problems.none_is_error());
        match changed {
            Some(changed) => Ok(Scenario { level: changed.level * scenario.level, ..changed }),
            None => Err(Box::new((loader.problems, loader.sources))),
        }
    }
}
