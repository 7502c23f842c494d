// A stock list, bound by PyO3: two mistakes with what binds it, and the same without.
use pyo3::prelude::*;
use pyo3::types::PyList;
use std::thread::{spawn, JoinHandle};

fn sizes(py: Python<'_>, count: usize) -> usize {
    (0..count).map(|i| PyList::new(py, [i]).map_or(0, |list| list.len())).sum() // WRONG, detached
}

#[pyfunction]
fn label(py: Python<'_>, count: usize) -> usize {
    py.detach(|| sizes(unsafe { Python::assume_attached() }, count))
}

#[pyfunction]
fn label_right(py: Python<'_>, count: usize) -> usize {
    py.detach(|| Python::attach(|py| sizes(py, count)))
}

fn adder(price: Py<PyAny>, count: i32) -> JoinHandle<PyResult<f64>> {
    spawn(move || {
        Python::attach(|py| {
            let mut sum = 0.0;
            for i in 0..count {
                sum += price.call1(py, (i,))?.extract::<f64>(py)?;
            }
            Ok(sum)
        })
    })
}

#[pyfunction]
fn total(price: Py<PyAny>, count: i32) -> PyResult<f64> {
    let worker = adder(price, count);
    worker.join().unwrap() // WRONG
}

#[pyfunction]
fn total_right(py: Python<'_>, price: Py<PyAny>, count: i32) -> PyResult<f64> {
    let worker = adder(price, count);
    py.detach(|| worker.join().unwrap())
}

#[pymodule]
fn pyo3_stock(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(label, m)?)?;
    m.add_function(wrap_pyfunction!(label_right, m)?)?;
    m.add_function(wrap_pyfunction!(total, m)?)?;
    m.add_function(wrap_pyfunction!(total_right, m)?)
}
