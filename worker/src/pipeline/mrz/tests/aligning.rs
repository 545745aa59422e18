//! Lines that begin or end elsewhere, and renderings that are fitted together.

use super::*;

#[test]
fn miscounted_fillers_and_borders_are_forgiven() {
    let found = find(&read(&lines(&[
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<",
        "L898902C36UTO7408122F1204159ZE184226B<<<<<101",
    ])))
    .unwrap();
    assert_eq!(texts(&found), ANNA);
    assert_eq!(found.reading.repaired, 0);
}

#[test]
fn a_border_before_the_first_line_is_none_of_its_characters() {
    let (whole, second) = ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6");
    // Read as a filler, at the cost of the last one.
    let shifted = lines(&[&format!("<{}", &whole[..35]), second]);
    assert_eq!(texts(&find(&read(&shifted)).unwrap()), [whole, second]);
    // A visa whose first line is out of step passes for no card.
    let shifted = ["<VCAUTDORE<BIANCHI<QUATTROCCH<DORE<<", "E5761692<0VAT4412083F280613650315978"];
    let found = find(&read(&lines(&shifted))).unwrap();
    assert_eq!((found.reading.format, texts(&found)[0].chars().next()), (MrzFormat::MrvB, Some('V')));
}

#[test]
fn a_rendering_that_is_out_of_step_has_no_vote() {
    let second = "L898902C36UTO7408122F1204159ZE184226B<<<<<10";
    let right = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<";
    let out_of_step = "PIUTOOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<";
    let [right, other] = [right, out_of_step].map(|first| find(&read(&lines(&[first, second]))).unwrap());
    let together = vote(&[&right, &other, &other]).unwrap();
    assert_eq!(texts(&together), texts(&right));
}

#[test]
fn renderings_settle_together_what_each_leaves_open() {
    let doubt = |best: char, other: char, probability: f32| Character {
        probability,
        alternatives: vec![(other, 1.0 - probability)],
        ..Character::certain(best)
    };
    let rendering = |number: Character, name: Character| {
        let mut zone = read(&lines(&ANNA));
        (zone[1][1], zone[0][5]) = (number, name);
        find(&zone).unwrap()
    };
    // An S for the 8 of the number satisfies the check digit, and nothing covers the name.
    let one = rendering(doubt('S', '8', 0.6), Character::certain('E'));
    let two = rendering(Character::certain('8'), doubt('F', 'E', 0.6));
    assert_eq!(one.reading.uncertain, [FieldName::DocumentNumber]);
    assert_eq!(two.reading.uncertain, [FieldName::Surname]);
    let together = vote(&[&one, &two, &two]).unwrap();
    assert_eq!(texts(&together)[1], ANNA[1]);
    assert_eq!(together.reading.uncertain, [FieldName::DocumentNumber, FieldName::Surname]);
    assert!(together.is_clean() && !together.is_settled());
    assert!(vote(&[]).is_none());

    // One is as sure of the S as another one of the 8.
    let sure = |best| rendering(Character::certain(best), Character::certain('E'));
    assert!(sure('S').is_settled() && sure('8').is_settled());
    assert_eq!(sure('8').contradicted(&sure('S')), [FieldName::DocumentNumber]);
    assert_eq!(sure('8').contradicted(&one), []);
    assert_eq!(sure('8').contradicted(&sure('8')), []);
}
