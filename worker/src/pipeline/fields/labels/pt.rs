//! Captions and months in Portuguese.

use super::{FieldName, Language};

pub(super) static PT: Language = Language {
    captions: &[
        (Some(FieldName::Surname), &["Apelido", "Apelidos", "Apelido(s)", "Sobrenome", "Sobrenomes"]),
        (
            Some(FieldName::GivenNames),
            &["Nomes próprios", "Nome próprio", "Nome(s) próprio(s)", "Nome(s)", "Nomes"],
        ),
        (Some(FieldName::FullName), &["Nome completo", "Nome e sobrenome", "Nome e apelidos"]),
        (
            Some(FieldName::DocumentNumber),
            &[
                "N° do passaporte",
                "Passaporte n°",
                "Número do passaporte",
                "N° documento",
                "N° do documento",
                "Número do documento",
                "Número de documento",
                "N° registro",
                "N° de registro",
                "N° da carta",
                "Doc. identidade",
            ],
        ),
        (
            Some(FieldName::DateOfBirth),
            &["Data de nascimento", "Data nascimento", "Data e local de nascimento"],
        ),
        (
            Some(FieldName::DateOfIssue),
            &["Data de emissão", "Data emissão", "Data de expedição", "Emitido em", "1ª habilitação"],
        ),
        (
            Some(FieldName::DateOfExpiry),
            &["Data de validade", "Validade", "Válido até", "Data de caducidade", "Data de expiração"],
        ),
        (Some(FieldName::Sex), &["Sexo"]),
        (Some(FieldName::Nationality), &["Nacionalidade"]),
        (Some(FieldName::Address), &["Morada", "Endereço", "Residência"]),
        (Some(FieldName::PlaceOfBirth), &["Local de nascimento", "Naturalidade", "Lugar de nascimento"]),
        (
            Some(FieldName::Authority),
            &["Autoridade", "Entidade emissora", "Órgão emissor", "Órgão expedidor", "Emitido por"],
        ),
        (
            Some(FieldName::PersonalNumber),
            &[
                "N° identificação civil",
                "Número de identificação civil",
                "N° de identificação",
                "N° ID civil",
                "CPF",
                "Registro geral",
                "Número pessoal",
                "N° pessoal",
                "NIF",
            ],
        ),
        (Some(FieldName::IssuingState), &["Código do país", "País emissor", "Código do estado emissor"]),
        (
            None,
            &[
                "Tipo",
                "Altura",
                "Assinatura",
                "Assinatura do titular",
                "Filiação",
                "Cat. hab.",
                "Categoria",
                "Permissão",
                "Observações",
                "Estado civil",
            ],
        ),
    ],
    months: [
        &["jan", "janeiro"],
        &["fev", "fevereiro"],
        &["mar", "marco"],
        &["abr", "abril"],
        &["mai", "maio"],
        &["jun", "junho"],
        &["jul", "julho"],
        &["ago", "agosto"],
        &["set", "setembro"],
        &["out", "outubro"],
        &["nov", "novembro"],
        &["dez", "dezembro"],
    ],
};
