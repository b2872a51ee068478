//! How far a command has come through its stages, and how long the rest may take.

use std::time::Duration;

/// Stages with the part that each usually takes, and where one stands in them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Course {
    stages: &'static [(&'static str, u64)],
    /// The stage at which one is: its place, and steps of all its steps.
    at: usize,
    steps: u64,
    of: u64,
    /// When the present measure began, and how much of the whole lay behind then. Reading is measured by itself: what is sealed already takes
    /// no time at all, and says nothing of how long the rest will.
    begun: Duration,
    behind: f64,
}

/// Before so much is done, a guess would be none.
const LEAST_SHARE: f64 = 0.04;
const LEAST_TIME: Duration = Duration::from_secs(2);
const WIDTH: usize = 24;

impl Course {
    pub(crate) fn new(stages: &'static [(&'static str, u64)], now: Duration) -> Self {
        Self { stages, begun: now, ..Self::default() }
    }

    /// A stage begins. One that is not of the course, or lies behind, changes nothing: some stages run side by side.
    pub(crate) fn enter(&mut self, name: &str, now: Duration) {
        if let Some(at) = self.stages.iter().position(|(stage, _)| *stage == name).filter(|at| *at > self.at) {
            let counted = self.of > 0;
            (self.at, self.steps, self.of) = (at, 0, 0);
            if counted {
                (self.begun, self.behind) = (now, self.share());
            }
        } else if self.stages.is_empty() {
            (self.steps, self.of, self.begun) = (0, 0, now);
        }
    }

    pub(crate) fn count(&mut self, total: u64) {
        (self.steps, self.of) = (0, total);
    }
    pub(crate) fn step(&mut self, steps: u64) {
        self.step_to(self.steps.saturating_add(steps));
    }
    pub(crate) fn step_to(&mut self, done: u64) {
        self.steps = done.min(self.of);
    }

    /// How much of the whole is done, from 0 to 1.
    fn share(&self) -> f64 {
        let within = if self.of > 0 { self.steps as f64 / self.of as f64 } else { 0.0 };
        let sum = |stages: &[(&str, u64)]| stages.iter().map(|(_, part)| *part).sum::<u64>() as f64;
        if self.stages.is_empty() {
            return within;
        }
        let part = self.stages.get(self.at).map_or(0.0, |(_, part)| *part as f64);
        (sum(self.stages.get(..self.at).unwrap_or(&[])) + within * part) / sum(self.stages).max(1.0)
    }

    /// The rest at the pace of what was done since the measure began; `None` while that is too little to tell.
    pub(crate) fn left(&self, now: Duration) -> Option<Duration> {
        let (share, spent) = (self.share(), now.saturating_sub(self.begun));
        let done = share - self.behind;
        (done >= LEAST_SHARE && spent >= LEAST_TIME).then(|| spent.mul_f64(((1.0 - share) / done).max(0.0)))
    }

    /// A bar and the time left; nothing where nothing is counted.
    pub(crate) fn told(&self, now: Duration) -> String {
        if self.stages.is_empty() && self.of == 0 {
            return String::new();
        }
        let full = ((self.share() * WIDTH as f64) as usize).min(WIDTH);
        let bar = format!("{}{}", "━".repeat(full), "─".repeat(WIDTH - full));
        self.left(now).map_or(bar.clone(), |left| format!("{bar} 还需约{}", in_words(left)))
    }
}

/// `45秒`, `2分10秒`, `1小时5分`: as exact as a guess deserves.
fn in_words(time: Duration) -> String {
    let seconds = time.as_secs().max(1);
    match seconds {
        0..=59 => format!("{seconds}秒"),
        60..=3599 => format!("{}分{}秒", seconds / 60, seconds % 60 / 10 * 10),
        _ => format!("{}小时{}分", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const STAGES: &[(&str, u64)] = &[("一", 10), ("读", 50), ("二", 20), ("三", 20)];

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn check(left: Option<Duration>, expected: Option<u64>) {
        assert_eq!(left.map(|left| left.as_secs_f64().round() as u64), expected);
    }

    #[test]
    fn the_time_left_goes_by_what_was_done() {
        let mut course = Course::new(STAGES, at(0));
        course.enter("读", at(1));
        course.count(100);
        check(course.left(at(1)), None);
        course.step(80);
        check(course.left(at(10)), Some(10));
    }

    #[test]
    fn what_was_sealed_already_says_nothing_of_the_rest() {
        let mut course = Course::new(STAGES, at(0));
        course.enter("读", at(0));
        course.count(100);
        course.step_to(100);
        course.enter("二", at(1));
        check(course.left(at(5)), None);
        course.enter("三", at(11));
        check(course.left(at(11)), Some(10));
    }

    #[test]
    fn stages_side_by_side_do_not_go_backwards() {
        let mut course = Course::new(STAGES, at(0));
        course.enter("三", at(1));
        course.enter("二", at(2));
        assert!(course.share() > 0.79);
        course.enter("别的", at(3));
        assert!(course.share() > 0.79);
    }

    #[test]
    fn a_command_without_stages_counts_its_own_steps() {
        let mut course = Course::default();
        assert_eq!(course.told(at(0)), "");
        course.enter("生成", at(1));
        course.count(1_000);
        course.step_to(250);
        check(course.left(at(11)), Some(30));
        assert!(course.told(at(11)).ends_with("─ 还需约30秒"), "{}", course.told(at(11)));
    }

    #[test]
    fn times_are_as_exact_as_a_guess() {
        assert_eq!([5, 130, 3_900].map(|seconds| in_words(at(seconds))), ["5秒", "2分10秒", "1小时5分"]);
    }
}
