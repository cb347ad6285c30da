/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Component-wise GLSL.std.450 instructions, at the precision Vulkan asks for (its appendix
 * "Precision and Operation of SPIR-V Instructions"). Polynomials for the arc functions are from
 * Abramowitz and Stegun, 4.4.49.
 */
#include "glsl.h"

static const float pi = 3.14159265358979f;
static const float log2_e = 1.44269504088896f;
static const float ln_2 = 0.693147180559945f;
static const float one_over_2_pi = 0.159154943091895f;

static struct cc_src f(float value)
{
    return cc_b_float(value);
}

static struct cc_src mul(struct cc_builder *b, struct cc_src x, struct cc_src y)
{
    return cc_b_fmul(b, x, y, 0);
}

static struct cc_src rcp(struct cc_builder *b, struct cc_src x)
{
    return cc_b_mufu(b, CC_RCP, x);
}

static struct cc_src exp_e(struct cc_builder *b, struct cc_src x)
{
    return cc_b_mufu(b, CC_EX2, mul(b, x, f(log2_e)));
}

static struct cc_src log_e(struct cc_builder *b, struct cc_src x)
{
    return mul(b, cc_b_mufu(b, CC_LG2, x), f(ln_2));
}

/* MUFU takes the angle in turns. */
static struct cc_src circular(struct cc_builder *b, enum cc_mufu function, struct cc_src x)
{
    return cc_b_mufu(b, function, mul(b, x, f(one_over_2_pi)));
}

struct cc_src glsl_saturate(struct cc_builder *b, struct cc_src x)
{
    return cc_b_fminmax(b, cc_b_fminmax(b, x, f(0.0f), 0), f(1.0f), CC_F_MIN);
}

static struct cc_src clamp(struct cc_builder *b, const struct cc_src *x)
{
    return cc_b_fminmax(b, cc_b_fminmax(b, x[0], x[1], 0), x[2], CC_F_MIN);
}

static struct cc_src float_sign(struct cc_builder *b, struct cc_src x)
{
    struct cc_src zero = f(0.0f);
    struct cc_src below = cc_b_sel(b, cc_b_fcmp(b, CC_CMP_LT, x, zero), f(-1.0f), zero);
    return cc_b_sel(b, cc_b_fcmp(b, CC_CMP_GT, x, zero), f(1.0f), below);
}

static struct cc_src int_sign(struct cc_builder *b, struct cc_src x)
{
    return cc_b_minmax(b, cc_b_minmax(b, x, cc_imm(1), CC_F_SIGNED | CC_F_MIN),
                       cc_imm(UINT32_MAX), CC_F_SIGNED);
}

static struct cc_src smooth_step(struct cc_builder *b, const struct cc_src *x)
{
    struct cc_src width = rcp(b, cc_b_fsub(b, x[1], x[0], 0));
    struct cc_src t = glsl_saturate(b, mul(b, cc_b_fsub(b, x[2], x[0], 0), width));
    return mul(b, mul(b, t, t), cc_b_ffma(b, t, f(-2.0f), f(3.0f), 0));
}

/* Evaluated as the smaller over the larger, then moved to the right octant. */
static struct cc_src arc_tangent(struct cc_builder *b, struct cc_src y, struct cc_src x)
{
    static const float c[] = {0.0028662257f, -0.0161657367f, 0.0429096138f, -0.0752896400f,
                              0.1065626393f, -0.1420889944f, 0.1999355085f, -0.3333314528f, 1.0f};
    const float tiny = 1.17549435e-38f; /* atan(0, 0) must not divide by zero */
    struct cc_src ax = cc_b_fabs(b, x), ay = cc_b_fabs(b, y);
    struct cc_src high = cc_b_fminmax(b, cc_b_fminmax(b, ax, ay, 0), f(tiny), 0);
    struct cc_src t = mul(b, cc_b_fminmax(b, ax, ay, CC_F_MIN), rcp(b, high));
    struct cc_src t2 = mul(b, t, t), p = f(c[0]);
    for (size_t i = 1; i < sizeof(c) / sizeof(c[0]); i++) {
        p = cc_b_ffma(b, p, t2, f(c[i]), 0);
    }
    p = mul(b, p, t);
    struct cc_src steep = cc_b_fcmp(b, CC_CMP_GT, ay, ax);
    p = cc_b_sel(b, steep, cc_b_fsub(b, f(pi / 2), p, 0), p);
    struct cc_src left = cc_b_icmp(b, CC_CMP_LT, x, cc_imm(0), true); /* the sign bit */
    p = cc_b_sel(b, left, cc_b_fsub(b, f(pi), p, 0), p);
    return cc_b_or(b, p, cc_b_and(b, y, cc_imm(0x80000000u)));
}

static struct cc_src one_minus_square_root(struct cc_builder *b, struct cc_src x)
{
    struct cc_src square = cc_b_ffma(b, cc_b_fneg(b, x), x, f(1.0f), 0);
    return cc_b_mufu(b, CC_SQRT, square);
}

static struct cc_src hyperbolic(struct cc_builder *b, uint32_t number, struct cc_src x)
{
    struct cc_src up = exp_e(b, x), down = exp_e(b, cc_b_fneg(b, x));
    if (number == GLSLstd450Sinh) {
        return mul(b, cc_b_fsub(b, up, down, 0), f(0.5f));
    }
    if (number == GLSLstd450Cosh) {
        return mul(b, cc_b_fadd(b, up, down, 0), f(0.5f));
    }
    /* 1 - 2 / (e^2x + 1), which does not overflow to NaN */
    struct cc_src twice = exp_e(b, cc_b_fadd(b, x, x, 0));
    struct cc_src part = rcp(b, cc_b_fadd(b, twice, f(1.0f), 0));
    return cc_b_ffma(b, part, f(-2.0f), f(1.0f), 0);
}

static struct cc_src arc_hyperbolic(struct cc_builder *b, uint32_t number, struct cc_src x)
{
    if (number == GLSLstd450Atanh) {
        struct cc_src quotient = mul(b, cc_b_fadd(b, f(1.0f), x, 0),
                                     rcp(b, cc_b_fsub(b, f(1.0f), x, 0)));
        return mul(b, log_e(b, quotient), f(0.5f));
    }
    if (number == GLSLstd450Acosh) {
        struct cc_src root = cc_b_mufu(b, CC_SQRT, cc_b_ffma(b, x, x, f(-1.0f), 0));
        return log_e(b, cc_b_fadd(b, x, root, 0));
    }
    struct cc_src ax = cc_b_fabs(b, x);
    struct cc_src root = cc_b_mufu(b, CC_SQRT, cc_b_ffma(b, ax, ax, f(1.0f), 0));
    struct cc_src positive = log_e(b, cc_b_fadd(b, ax, root, 0));
    return cc_b_or(b, positive, cc_b_and(b, x, cc_imm(0x80000000u)));
}

/* x * 2^e in two steps, so that 2^e itself need not be a number. */
static struct cc_src load_exponent(struct cc_builder *b, struct cc_src x, struct cc_src e)
{
    const uint32_t e_min = (uint32_t)-252, e_max = 254, bias = 127, mantissa_bits = 23;
    e = cc_b_minmax(b, e, cc_imm(e_min), CC_F_SIGNED);
    e = cc_b_minmax(b, e, cc_imm(e_max), CC_F_SIGNED | CC_F_MIN);
    struct cc_src half = cc_b_shr(b, e, cc_imm(1), true);
    struct cc_src rest = cc_b_isub(b, e, half);
    for (int i = 0; i < 2; i++) {
        struct cc_src biased = cc_b_iadd(b, i ? rest : half, cc_imm(bias));
        x = cc_b_fmul(b, x, cc_b_shl(b, biased, cc_imm(mantissa_bits)), CC_F_EXACT);
    }
    return x;
}

static struct cc_src arcs(struct cc_builder *b, uint32_t number, const struct cc_src *x)
{
    switch (number) {
    case GLSLstd450Asin:
        return arc_tangent(b, x[0], one_minus_square_root(b, x[0]));
    case GLSLstd450Acos:
        return arc_tangent(b, one_minus_square_root(b, x[0]), x[0]);
    case GLSLstd450Atan:
        return arc_tangent(b, x[0], f(1.0f));
    default:
        return arc_tangent(b, x[0], x[1]);
    }
}

static bool rounding(struct cc_builder *b, uint32_t number, const struct cc_src *x,
                     struct cc_src *out)
{
    switch (number) {
    case GLSLstd450Round:
    case GLSLstd450RoundEven:
        *out = cc_b_frnd(b, x[0], CC_RN);
        return true;
    case GLSLstd450Trunc:
        *out = cc_b_frnd(b, x[0], CC_RZ);
        return true;
    case GLSLstd450Floor:
        *out = cc_b_frnd(b, x[0], CC_RM);
        return true;
    case GLSLstd450Ceil:
        *out = cc_b_frnd(b, x[0], CC_RP);
        return true;
    case GLSLstd450Fract:
        *out = cc_b_fsub(b, x[0], cc_b_frnd(b, x[0], CC_RM), CC_F_EXACT);
        return true;
    default:
        return false;
    }
}

static bool transcendental(struct cc_builder *b, uint32_t number, const struct cc_src *x,
                           struct cc_src *out)
{
    switch (number) {
    case GLSLstd450Sin:
        *out = circular(b, CC_SIN, x[0]);
        return true;
    case GLSLstd450Cos:
        *out = circular(b, CC_COS, x[0]);
        return true;
    case GLSLstd450Tan:
        *out = mul(b, circular(b, CC_SIN, x[0]), rcp(b, circular(b, CC_COS, x[0])));
        return true;
    case GLSLstd450Asin: case GLSLstd450Acos: case GLSLstd450Atan: case GLSLstd450Atan2:
        *out = arcs(b, number, x);
        return true;
    case GLSLstd450Sinh: case GLSLstd450Cosh: case GLSLstd450Tanh:
        *out = hyperbolic(b, number, x[0]);
        return true;
    case GLSLstd450Asinh: case GLSLstd450Acosh: case GLSLstd450Atanh:
        *out = arc_hyperbolic(b, number, x[0]);
        return true;
    case GLSLstd450Pow:
        *out = cc_b_mufu(b, CC_EX2, mul(b, x[1], cc_b_mufu(b, CC_LG2, x[0])));
        return true;
    case GLSLstd450Exp:
        *out = exp_e(b, x[0]);
        return true;
    case GLSLstd450Log:
        *out = log_e(b, x[0]);
        return true;
    case GLSLstd450Exp2:
        *out = cc_b_mufu(b, CC_EX2, x[0]);
        return true;
    case GLSLstd450Log2:
        *out = cc_b_mufu(b, CC_LG2, x[0]);
        return true;
    case GLSLstd450Sqrt:
        *out = cc_b_mufu(b, CC_SQRT, x[0]);
        return true;
    case GLSLstd450InverseSqrt:
        *out = cc_b_mufu(b, CC_RSQ, x[0]);
        return true;
    default:
        return false;
    }
}

static bool integers(struct cc_builder *b, uint32_t number, const struct cc_src *x,
                     struct cc_src *out)
{
    bool is_signed = number == GLSLstd450SMin || number == GLSLstd450SMax ||
                     number == GLSLstd450SClamp;
    uint32_t sign = is_signed ? CC_F_SIGNED : 0;
    switch (number) {
    case GLSLstd450SAbs:
        *out = cc_b_unary(b, CC_IABS, x[0], 0);
        return true;
    case GLSLstd450SSign:
        *out = int_sign(b, x[0]);
        return true;
    case GLSLstd450UMin: case GLSLstd450SMin:
        *out = cc_b_minmax(b, x[0], x[1], sign | CC_F_MIN);
        return true;
    case GLSLstd450UMax: case GLSLstd450SMax:
        *out = cc_b_minmax(b, x[0], x[1], sign);
        return true;
    case GLSLstd450UClamp: case GLSLstd450SClamp:
        *out = cc_b_minmax(b, cc_b_minmax(b, x[0], x[1], sign), x[2], sign | CC_F_MIN);
        return true;
    case GLSLstd450FindILsb:
        *out = cc_b_unary(b, CC_FLO, cc_b_unary(b, CC_BREV, x[0], 0), CC_F_SH);
        return true;
    case GLSLstd450FindUMsb:
        *out = cc_b_unary(b, CC_FLO, x[0], 0);
        return true;
    case GLSLstd450FindSMsb:
        *out = cc_b_unary(b, CC_FLO, x[0], CC_F_SIGNED);
        return true;
    default:
        return false;
    }
}

static bool floats(struct cc_builder *b, uint32_t number, const struct cc_src *x,
                   struct cc_src *out)
{
    switch (number) {
    case GLSLstd450FAbs:
        *out = cc_b_fabs(b, x[0]);
        return true;
    case GLSLstd450FSign:
        *out = float_sign(b, x[0]);
        return true;
    case GLSLstd450Radians:
        *out = mul(b, x[0], f(pi / 180.0f));
        return true;
    case GLSLstd450Degrees:
        *out = mul(b, x[0], f(180.0f / pi));
        return true;
    case GLSLstd450FMin: case GLSLstd450NMin:
        *out = cc_b_fminmax(b, x[0], x[1], CC_F_MIN);
        return true;
    case GLSLstd450FMax: case GLSLstd450NMax:
        *out = cc_b_fminmax(b, x[0], x[1], 0);
        return true;
    case GLSLstd450FClamp: case GLSLstd450NClamp:
        *out = clamp(b, x);
        return true;
    case GLSLstd450FMix: /* x (1 - a) + y a */
        *out = cc_b_ffma(b, x[1], x[2],
                         cc_b_ffma(b, cc_b_fneg(b, x[0]), x[2], x[0], 0), 0);
        return true;
    case GLSLstd450Step:
        *out = cc_b_sel(b, cc_b_fcmp(b, CC_CMP_LT, x[1], x[0]), f(0.0f), f(1.0f));
        return true;
    case GLSLstd450SmoothStep:
        *out = smooth_step(b, x);
        return true;
    case GLSLstd450Fma:
        *out = cc_b_ffma(b, x[0], x[1], x[2], 0);
        return true;
    case GLSLstd450Ldexp:
        *out = load_exponent(b, x[0], x[1]);
        return true;
    default:
        return false;
    }
}

bool glsl_component(struct cc_builder *b, uint32_t number, const struct cc_src *x,
                    struct cc_src *out)
{
    return rounding(b, number, x, out) || floats(b, number, x, out) ||
           integers(b, number, x, out) || transcendental(b, number, x, out);
}

bool glsl_takes_integers(uint32_t number)
{
    switch (number) {
    case GLSLstd450SAbs: case GLSLstd450SSign: case GLSLstd450UMin: case GLSLstd450SMin:
    case GLSLstd450UMax: case GLSLstd450SMax: case GLSLstd450UClamp: case GLSLstd450SClamp:
    case GLSLstd450FindILsb: case GLSLstd450FindUMsb: case GLSLstd450FindSMsb:
        return true;
    default:
        return false;
    }
}

unsigned glsl_operand_count(uint32_t number)
{
    switch (number) {
    case GLSLstd450FMin: case GLSLstd450FMax: case GLSLstd450NMin: case GLSLstd450NMax:
    case GLSLstd450UMin: case GLSLstd450SMin: case GLSLstd450UMax: case GLSLstd450SMax:
    case GLSLstd450Pow: case GLSLstd450Atan2: case GLSLstd450Step: case GLSLstd450Ldexp:
        return 2;
    case GLSLstd450FClamp: case GLSLstd450NClamp: case GLSLstd450UClamp: case GLSLstd450SClamp:
    case GLSLstd450FMix: case GLSLstd450SmoothStep: case GLSLstd450Fma:
        return 3;
    case GLSLstd450Round: case GLSLstd450RoundEven: case GLSLstd450Trunc: case GLSLstd450FAbs:
    case GLSLstd450SAbs: case GLSLstd450FSign: case GLSLstd450SSign: case GLSLstd450Floor:
    case GLSLstd450Ceil: case GLSLstd450Fract: case GLSLstd450Radians: case GLSLstd450Degrees:
    case GLSLstd450Sin: case GLSLstd450Cos: case GLSLstd450Tan: case GLSLstd450Asin:
    case GLSLstd450Acos: case GLSLstd450Atan: case GLSLstd450Sinh: case GLSLstd450Cosh:
    case GLSLstd450Tanh: case GLSLstd450Asinh: case GLSLstd450Acosh: case GLSLstd450Atanh:
    case GLSLstd450Exp: case GLSLstd450Log: case GLSLstd450Exp2: case GLSLstd450Log2:
    case GLSLstd450Sqrt: case GLSLstd450InverseSqrt: case GLSLstd450FindILsb:
    case GLSLstd450FindUMsb: case GLSLstd450FindSMsb:
        return 1;
    default:
        return 0;
    }
}
