//! The examiner is examined: plugins that are right pass, plugins that are hostile to the
//! process that loads them do not deceive it, and examinations agree.
//!
//! That each rule is found broken is shown in `proofs`, which needs the processors to itself.

mod assertions;
#[path = "../common/check.rs"]
mod check;
mod ci_files;
mod containment;
mod discovery;
mod masking;
mod oem;
#[path = "../common/prerequisites.rs"]
mod prerequisites;
mod projects;
mod resources;
mod roots;
mod samples;
mod several;
mod slurm;
mod stacks;
mod steadiness;
mod traffic;
mod unavailable;
mod wine;
mod worker;
