//! Apache Parquet: one row group, columns of doubles and texts, all of which may be missing; units and where the table comes
//! from as metadata of the file.
//!
//! `pandas.read_parquet("coating.parquet")`, `polars.read_parquet("coating.parquet")`.

use super::super::table::{Column, Table, Values};
use parquet::{
    basic::{LogicalType, Repetition, Type as Physical},
    data_type::{ByteArray, ByteArrayType, DoubleType},
    errors::Result,
    file::{
        metadata::KeyValue,
        properties::WriterProperties,
        reader::{FileReader, SerializedFileReader},
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::types::Type,
};
use serde_json::{Map, Value};
use std::{fs, path::Path, sync::Arc};

pub(super) fn write(path: &Path, table: &Table, provenance: &Value) -> Result<()> {
    let fields = table
        .columns
        .iter()
        .map(field)
        .collect::<Result<Vec<_>>>()?;
    let schema = Type::group_type_builder("study")
        .with_fields(fields)
        .build()?;
    let units = table
        .columns
        .iter()
        .map(|column| (column.name.clone(), column.unit.clone().into()));
    let units = Value::from(units.collect::<Map<String, Value>>());
    let entry = |key: &str, value: &Value| KeyValue::new(key.to_owned(), value.to_string());
    let metadata = vec![entry("units", &units), entry("provenance", provenance)];
    let properties = WriterProperties::builder()
        .set_created_by(format!("voxion {}", env!("CARGO_PKG_VERSION")))
        .set_key_value_metadata(Some(metadata))
        .build();
    let mut encoded = Vec::new();
    let mut file = SerializedFileWriter::new(&mut encoded, Arc::new(schema), Arc::new(properties))?;
    let mut rows = file.next_row_group()?;
    for column in &table.columns {
        write_column(&mut rows, column)?;
    }
    rows.close()?;
    file.close()?;
    Ok(fs::write(path, encoded)?)
}

/// The provenance that a file states, where it states one.
pub(super) fn provenance(path: &Path) -> Option<Value> {
    let reader = SerializedFileReader::new(fs::File::open(path).ok()?).ok()?;
    let entries = reader.metadata().file_metadata().key_value_metadata()?;
    let entry = entries.iter().find(|entry| entry.key == "provenance")?;
    serde_json::from_str(entry.value.as_deref()?).ok()
}

fn field(column: &Column) -> Result<Arc<Type>> {
    let (physical, logical) = match column.values {
        Values::Texts(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Values::Numbers(_) => (Physical::DOUBLE, None),
    };
    let field = Type::primitive_type_builder(&column.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()?;
    Ok(Arc::new(field))
}

fn write_column(
    rows: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>,
    column: &Column,
) -> Result<()> {
    let Some(mut writer) = rows.next_column()? else {
        return Ok(());
    };
    match &column.values {
        Values::Texts(texts) => {
            let present = texts.iter().map(|text| i16::from(!text.is_empty()));
            let values = texts.iter().filter(|text| !text.is_empty());
            let values: Vec<ByteArray> =
                values.map(|text| ByteArray::from(text.as_str())).collect();
            let present: Vec<i16> = present.collect();
            writer
                .typed::<ByteArrayType>()
                .write_batch(&values, Some(&present), None)?;
        }
        Values::Numbers(numbers) => {
            let present: Vec<i16> = numbers
                .iter()
                .map(|number| i16::from(!number.is_nan()))
                .collect();
            let values: Vec<f64> = numbers
                .iter()
                .copied()
                .filter(|number| !number.is_nan())
                .collect();
            writer
                .typed::<DoubleType>()
                .write_batch(&values, Some(&present), None)?;
        }
    }
    writer.close()
}
