%module swig_stock
%{
#include "stock.h"
%}
%include "stock.h"
