"""What functions are called in reports."""

from __future__ import annotations

import pytest

from pynodes.diagnose.functions import name_of

NAMES = {
    "main": "main",
    "take_gil": "take_gil",
    "run.cold": "run.cold",
    "operator()": "operator()",
    "operator<": "operator<",
    "operator new(unsigned long)": "operator new",
    "Handle::operator bool() const": "Handle::operator bool",
    "std::vector<int, Alloc<int> >::operator[](unsigned long)": "std::vector<...>::operator[]",
    "std::ostream& std::operator<< <std::char_traits<char> >(char const*)": "std::operator<<<...>",
    "std::__shared_ptr<_object, (__gnu_cxx::_Lock_policy)2>::~__shared_ptr()":
        "std::__shared_ptr<...>::~__shared_ptr",
    "std::function<void (int)>::operator()(int) const": "std::function<...>::operator()",
    "Ledger::total() const": "Ledger::total",
    "void bound::call<int, std::vector<int> >(int)": "bound::call<...>",
    "unsigned long count(int)": "count",
    "decltype(auto) made<int>(int)": "made<...>",
    "std::pair<int, void (*)(int)> made<int>(int)": "made<...>",
    "Feed::wait()::{lambda()#1}::operator()() const": "Feed::wait::<lambda>::operator()",
    "Feed::wait()::<lambda()>::operator()(void) const": "Feed::wait::<lambda>::operator()",
    "main::$_0::operator()(int) const": "main::<lambda>::operator()",
    "f(std::function<void ()>)::'lambda'(int)::operator()(int) const": "f::<lambda>::operator()",
    "total(const Price&, int)::<lambda()>": "total::<lambda>",
    "(anonymous namespace)::Pool::run(int)": "(anonymous namespace)::Pool::run",
    "Box<(2 < 3)>::get": "Box<...>::get",
    "Box<&Item::operator->>::get()": "Box<...>::get",
    "cut(int) [clone .cold]": "cut",
    "named[abi:cxx11](int)": "named",
    "stock::work::h0123456789abcdef": "stock::work",
    "<stock::Item as core::ops::drop::Drop>::drop": "<stock::Item as core::ops::drop::Drop>::drop",
    "stock::work::{{closure}}": "stock::work::{{closure}}",
}  # fmt: skip


@pytest.mark.parametrize("function", NAMES)
def test_name_is_whole_and_short(function: str) -> None:
    assert name_of(function) == NAMES[function]


@pytest.mark.parametrize("function", ["", "<", "f(", "a<b", "operator", "(x", ")", "~", "f<(>)"])
def test_name_of_what_is_no_name_ends(function: str) -> None:
    assert isinstance(name_of(function), str)
