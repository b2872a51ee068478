//! What departments know of a household: spells that stand on lists month after month, and events that are reported once. This file
//! has the nouns, the queries that the truth asks, and what ends with a death. `everyday.rs` fills it with a quiet life, `plot.rs` with blows.

/// A row that stands on a list in the months `from..until`.
#[derive(Clone, Debug)]
pub(crate) struct Spell<T> {
    pub(crate) member: usize,
    pub(crate) from: usize,
    pub(crate) until: usize,
    pub(crate) what: T,
}

/// A row reported in one month's file, of a day that may lie before it.
#[derive(Clone, Debug)]
pub(crate) struct Event<T> {
    pub(crate) member: usize,
    pub(crate) month: usize,
    pub(crate) day: i32,
    pub(crate) what: T,
}

#[derive(Clone, Debug)]
pub(crate) struct Student {
    pub(crate) stage: &'static str,
    pub(crate) status: &'static str,
}
#[derive(Clone, Debug)]
pub(crate) struct Tuition {
    pub(crate) stage: &'static str,
    pub(crate) paid_fen: i64,
}
#[derive(Clone, Debug)]
pub(crate) struct Allowance {
    pub(crate) kind: &'static str,
    pub(crate) amount_fen: i64,
    pub(crate) start: i32,
    pub(crate) status: &'static str,
}
#[derive(Clone, Debug)]
pub(crate) struct Support {
    pub(crate) kind: &'static str,
    pub(crate) status: &'static str,
}
#[derive(Clone, Debug)]
pub(crate) struct Relief {
    pub(crate) amount_fen: i64,
    pub(crate) reason: &'static str,
}
#[derive(Clone, Debug)]
pub(crate) struct Card {
    /// 1 视力 to 7 多重.
    pub(crate) category: usize,
    /// 1 to 4, 1 the worst.
    pub(crate) grade: usize,
    pub(crate) issued: i32,
    pub(crate) status: &'static str,
    /// How often it was issued again: a card of 22 characters ends in `B1`, `B2`.
    pub(crate) reissued: usize,
}
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) place: &'static str,
    pub(crate) wage_fen: i64,
    pub(crate) started: i32,
    pub(crate) ended: Option<i32>,
    pub(crate) working: bool,
}
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) post: &'static str,
    pub(crate) started: i32,
}
/// Whole yuan: income per head, spending of the household.
#[derive(Clone, Debug)]
pub(crate) struct Income {
    pub(crate) before: i64,
    pub(crate) now: i64,
    pub(crate) spending_before: i64,
    pub(crate) spending_now: i64,
}
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) project: &'static str,
    pub(crate) loss_fen: i64,
}
#[derive(Clone, Debug)]
pub(crate) struct House {
    pub(crate) grade: &'static str,
    pub(crate) occupied: bool,
    pub(crate) appraised: i32,
}
#[derive(Clone, Debug)]
pub(crate) struct Rebuild {
    pub(crate) year: i64,
    pub(crate) progress: &'static str,
    pub(crate) started: Option<i32>,
}
#[derive(Clone, Debug)]
pub(crate) struct Insurance {
    pub(crate) kind: &'static str,
    pub(crate) status: &'static str,
}
#[derive(Clone, Debug)]
pub(crate) struct Bill {
    pub(crate) number: String,
    pub(crate) total_fen: i64,
    pub(crate) fund_fen: i64,
    pub(crate) self_paid_fen: i64,
}
#[derive(Clone, Debug)]
pub(crate) struct Disaster {
    pub(crate) kind: &'static str,
    pub(crate) loss_fen: i64,
}
#[derive(Clone, Debug)]
pub(crate) struct Measure {
    pub(crate) measure: &'static str,
    pub(crate) status: &'static str,
    pub(crate) planned: i32,
}

/// A household's place on a list of households; every member has a spell of his own.
#[derive(Clone, Debug)]
pub(crate) struct Roster {
    pub(crate) kind: &'static str,
    pub(crate) amount_fen: i64,
}

/// All that the departments' lists hold of a household, one field an extract.
#[derive(Clone, Debug, Default)]
pub(crate) struct Life {
    pub(crate) students: Vec<Spell<Student>>,
    pub(crate) dropouts: Vec<Spell<&'static str>>,
    pub(crate) exemptions: Vec<Spell<&'static str>>,
    pub(crate) tuition: Vec<Event<Tuition>>,
    pub(crate) allowances: Vec<Spell<Allowance>>,
    pub(crate) supports: Vec<Spell<Support>>,
    pub(crate) reliefs: Vec<Event<Relief>>,
    pub(crate) cards: Vec<Spell<Card>>,
    pub(crate) deaths: Vec<Event<()>>,
    /// The day since when.
    pub(crate) detained: Vec<Spell<i32>>,
    pub(crate) jobs: Vec<Spell<Job>>,
    pub(crate) unemployment: Vec<Event<&'static str>>,
    pub(crate) posts: Vec<Spell<Post>>,
    pub(crate) pensions_stopped: Vec<Event<&'static str>>,
    pub(crate) incomes: Vec<Spell<Income>>,
    pub(crate) failures: Vec<Event<Failure>>,
    pub(crate) houses: Vec<Spell<House>>,
    pub(crate) rebuilding: Vec<Spell<Rebuild>>,
    pub(crate) diseases: Vec<Event<&'static str>>,
    pub(crate) chronic: Vec<Spell<&'static str>>,
    pub(crate) insured: Vec<Spell<Insurance>>,
    pub(crate) bills: Vec<Event<Bill>>,
    pub(crate) unsafe_water: Vec<Spell<&'static str>>,
    pub(crate) disasters: Vec<Event<Disaster>>,
    pub(crate) measures: Vec<Spell<Measure>>,
    pub(crate) near_allowance: Vec<Spell<Roster>>,
    pub(crate) rigid_spending: Vec<Spell<Roster>>,
}

impl<T> Spell<T> {
    pub(crate) fn stands_in(&self, month: usize) -> bool {
        (self.from..self.until).contains(&month)
    }
}

impl Life {
    /// Nobody reports a dead person's work or insurance after the month of the death. Lists of houses and measures go on naming the
    /// head that was, as they do.
    pub(crate) fn end_with(&mut self, member: usize, month: usize) {
        fn cut<T>(spells: &mut [Spell<T>], member: usize, until: usize) {
            for spell in spells.iter_mut().filter(|spell| spell.member == member) {
                spell.until = spell.until.min(until);
            }
        }
        fn drop_later<T>(events: &mut Vec<Event<T>>, member: usize, month: usize) {
            events.retain(|event| event.member != member || event.month <= month);
        }
        cut(&mut self.students, member, month + 1);
        cut(&mut self.allowances, member, month + 1);
        cut(&mut self.supports, member, month + 1);
        cut(&mut self.near_allowance, member, month + 1);
        cut(&mut self.rigid_spending, member, month + 1);
        cut(&mut self.cards, member, month + 1);
        cut(&mut self.jobs, member, month + 1);
        cut(&mut self.posts, member, month + 1);
        cut(&mut self.chronic, member, month + 1);
        cut(&mut self.insured, member, month + 1);
        drop_later(&mut self.bills, member, month);
        drop_later(&mut self.tuition, member, month);
        drop_later(&mut self.unemployment, member, month);
    }
}
