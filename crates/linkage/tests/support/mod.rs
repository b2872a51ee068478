//! An invented people, some of them twice, with damage.
#![allow(clippy::unwrap_used, clippy::expect_used, unreachable_pub, dead_code)]

use bidui_linkage::{Decided, LinkModel, Linked, Prepared, Table, TrainedModel, compile_model, decide, prepare};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

pub const MODEL: &str = r#"
name = "people"
relation = "one_to_one"
random_pairs = 2000
least_compared = 2

[[field]]
name = "family"
[[field]]
name = "given"
[[field]]
name = "born"
clean = ["digits"]
[[field]]
name = "village"

[[compare]]
field = "family"
levels = [{ test = "exact", frequency = true }]
[[compare]]
field = "given"
levels = [{ test = "exact", frequency = true }, { test = "jaro_winkler", at_least = 0.7 }]
[[compare]]
field = "born"
levels = [{ test = "exact" }, { test = "date_swapped" }, { test = "edits", at_most = 1 }]
[[compare]]
field = "village"
levels = [{ test = "exact" }]

[[block]]
on = ["born"]
[[block]]
on = ["family", "given"]
[[block]]
on = ["village", "born[0..4]"]
"#;

pub fn model() -> LinkModel {
    compile_model(MODEL, "people.toml").unwrap()
}

pub struct Dice(ChaCha8Rng);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }
    pub fn below(&mut self, end: usize) -> usize {
        (self.0.next_u64() % end as u64) as usize
    }
    pub fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
    pub fn shuffle(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for at in (1..count).rev() {
            order.swap(at, self.below(at + 1));
        }
        order
    }
}

type Person = [Option<String>; 4];

fn person(dice: &mut Dice) -> Person {
    let family = dice.of(&["覃", "韦", "黄", "梁", "陆", "蓝", "莫", "谭"]).to_owned();
    let letters = ["秀", "英", "建", "国", "桂", "兰", "志", "明", "小", "红", "海", "燕"];
    let given = format!("{}{}", dice.of(&letters), dice.of(&letters));
    let born = format!("{:04}{:02}{:02}", 1940 + dice.below(70), 1 + dice.below(12), 1 + dice.below(28));
    let village = format!("{}村", dice.of(&["里团", "琴屯", "怀洪", "五九", "白山", "乐台", "小山", "下伦"]));
    [family, given, born, village].map(Some)
}

fn damage(person: &Person, dice: &mut Dice) -> Person {
    let mut damaged = person.clone();
    match dice.below(8) {
        0 => damaged[3] = None,
        1 => damaged[1] = damaged[1].as_ref().map(|given| format!("{}丽", given.chars().next().unwrap())),
        2 => damaged[2] = damaged[2].as_ref().map(|born| format!("{}{}", &born[..7], dice.below(10))),
        3 => damaged[0] = None,
        _ => {}
    }
    damaged
}

pub fn table(rows: &[Person]) -> Table {
    let names = ["family", "given", "born", "village"].map(str::to_owned).to_vec();
    let columns = (0..4).map(|at| rows.iter().map(|row| row[at].clone()).collect()).collect();
    Table::new(names, columns).unwrap()
}

/// `both` persons in both tables, row for row, and as many again in one of them only.
pub fn people(seed: u64, both: usize) -> (Table, Table) {
    let mut dice = Dice::new(seed);
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for _ in 0..both {
        let one = person(&mut dice);
        left.push(damage(&one, &mut dice));
        right.push(one);
    }
    for _ in 0..both / 2 {
        left.push(person(&mut dice));
        right.push(person(&mut dice));
    }
    (table(&left), table(&right))
}

pub struct Outcome {
    pub trained: TrainedModel,
    pub linked: Linked,
    pub decided: Decided,
}

pub fn run(prepared: &Prepared<'_>, model: &LinkModel) -> Outcome {
    let trained = prepared.train().unwrap();
    let linked = prepared.link(&trained);
    let decided = decide(&linked, model, &trained);
    Outcome { trained, linked, decided }
}

pub fn outcome(left: &Table, right: &Table, model: &LinkModel) -> Outcome {
    run(&prepare(left, right, model), model)
}
