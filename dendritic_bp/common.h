// What all code objects include: precompiled, once for all programs.
#include "brianlib/clocks.h"
#include "brianlib/common_math.h"
#include "brianlib/dynamic_array.h"
#include "brianlib/stdint_compat.h"
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <limits>
#include <map>
#include <new>
#include <ostream>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>
#ifdef _OPENMP
#define OF_A_THREAD __thread
#else
#define OF_A_THREAD
#endif
namespace control { extern OF_A_THREAD int first_cell, last_cell; }  // that a pass goes through: see passes.py
