//! The schemas and the compilers know the same keys: each file here uses every key of its kind, and is changed key by key, to see what both
//! say of it. What an editor marks as wrong, the program refuses; what the program does not know, an editor marks.

mod tests;
