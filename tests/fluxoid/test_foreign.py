"""Files of others in every dialect, by the command line: the same findings, or one clear message and code 2."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from fluxoid.cli import main
from fluxoid.foreign.tables import read_table
from fluxoid.foreign.units import factor_to_si, name_of, split_heading, value_in_name
from tests.analysis.synthetic import Sample, r_of_t

DATA = Path(__file__).parents[1] / "data" / "percolative_supercurrent"
SAMPLE = Sample(energy_K=lambda h: 1228.76 * (h / 0.1) ** -0.71)


def rows(field=0.0, seed=1, points=300):
    curve = r_of_t(SAMPLE, np.random.default_rng(seed), field_T=field, points=points)
    return curve.temperature_K, curve.resistance_ohm


def run(*words):
    result = CliRunner().invoke(main, ["analyze", *(str(word) for word in words)])
    assert "Traceback" not in result.output
    return result


def found(*words):
    result = run("--json", *words)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def middle(*words):
    (finding,) = [f for f in found(*words) if f["quantity"] == "Tc_mid"]
    return finding


def write(path, heading, columns, line="{},{}", before=""):
    body = "\n".join(line.format(*values) for values in zip(*columns, strict=True))
    path.write_text(f"{before}{heading}\n{body}\n", encoding="utf-8")
    return path


# -- dialects ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "line", "factor"),
    [
        ("Temperature (K),Resistance (Ohm)", "{},{}", 1),
        ("temperature [K];R [mOhm]", "{};{}", 1e3),
        ("T/K\tR/mOhm", "{}\t{}", 1e3),
        ("T_K R_ohm", "{} {}", 1),
        ("# Temp (mK)\tRxx (kOhm)", "{}\t{}", 1e-3),
        ("T (K), Res. (µΩ)", "{}, {},,", 1e6),
        ("TEMPERATURE (K),resistance (OHMS)", "{},{}", 1),
        ("temperature_K,resistance_ohm", "{},{}", 1),
    ],
)
def test_headings_and_separators(tmp_path, heading, line, factor):
    t, r = rows()
    t_factor = 1e3 if "mK" in heading else 1
    path = write(tmp_path / "curve.txt", heading, (t_factor * t, factor * r), line)
    finding = middle(path)
    assert finding["value"] == pytest.approx(SAMPLE.crossing(0.5), abs=4 * finding["error"])


def test_decimal_commas(tmp_path):
    t, r = rows()
    columns = [[f"{x:.8f}".replace(".", ",") for x in values] for values in (t, r)]
    assert middle(write(tmp_path / "c.csv", "T (K);R (Ohm)", columns, "{};{}"))["value"] == pytest.approx(
        6, abs=1e-3
    )


def test_units_in_a_line_of_their_own(tmp_path):
    t, r = rows()
    path = write(tmp_path / "c.txt", "Temp\tRes\nK\tmOhm", (t, 1e3 * r), "{}\t{}", "made by hand\n")
    assert middle(path)["value"] == pytest.approx(6, abs=1e-3)


def test_no_headings_but_options(tmp_path):
    t, r = rows()
    path = tmp_path / "bare.dat"
    path.write_text("\n".join(f"{i} {a} {1e3 * b}" for i, (a, b) in enumerate(zip(t, r, strict=True))))
    finding = middle(path, "--column", "temperature=2:K", "--column", "resistance=3:mOhm")
    assert finding["value"] == pytest.approx(6, abs=1e-3)


MULTIVU = (
    "[Header]\n; a comment\nTITLE,hall bar\nBYAPP,Resistivity,1.1\nINFO,NbS2,SAMPLE1_NAME\n[Data]\n"
    "Comment,Time Stamp (sec),Status (code),Temperature (K),Magnetic Field (Oe),Sample Position (deg),"
    "Bridge 1 Resistivity (Ohm-m),Bridge 1 Excitation (uA),Bridge 2 Resistivity (Ohm-m),"
    "Bridge 1 Resistance (Ohms),Bridge 1 Std. Dev. (Ohms)\n"
)


def multivu(path, fields=(0.0, 0.1, 0.3), head=MULTIVU):
    lines = []
    for number, field in enumerate(fields):
        jitter = np.random.default_rng(number).normal(0, 0.3, 300)
        for t, r, h in zip(*rows(field, number), 1e4 * field + jitter, strict=True):
            lines.append(f",3.5e9,4369,{t:.6f},{h:.3f},,{r * 1e-6:.8g},100,,{r:.9g},1e-5,,,,")
    path.write_text(head + "\n".join(lines) + "\n", encoding="cp1252")
    return path


def test_multivu_with_several_fields_in_one_file(tmp_path):
    findings = found(multivu(tmp_path / "ppms.dat"), "--orientation", "out_of_plane")
    middles = {f["conditions"]["field_T"]: f for f in findings if f["quantity"] == "Tc_mid"}
    assert sorted(middles) == pytest.approx([0.0, 0.1, 0.3], abs=1e-4)
    for field, finding in middles.items():
        assert finding["value"] == pytest.approx(SAMPLE.crossing(0.5, round(field, 3)), abs=5 * finding["error"])
    assert any(f["quantity"] == "Hc2" and f["value"] for f in findings)


def test_a_resistivity_needs_the_geometry(tmp_path):
    head = MULTIVU.replace("Bridge 1 Resistance (Ohms)", "Map 20")
    path = multivu(tmp_path / "ppms.dat", (0.0,), head)
    result = run(path)
    assert result.exit_code == 2
    assert "--length-over-area" in result.output
    assert middle(path, "--length-over-area", 1e6)["value"] == pytest.approx(6, abs=2e-3)


def test_fields_from_the_names_of_files(tmp_path):
    paths = [
        write(tmp_path / f"R_T_{field}T.dat", "T (K)\tR (Ohm)", rows(field, 7), "{}\t{}") for field in (0, 0.1, 0.3)
    ]
    findings = found(*paths)
    assert sorted(
        f["value"] for f in findings if f["quantity"] == "Hc2" and f["conditions"]["criterion"] == "mid"
    ) == [
        0.1,
        0.3,
    ]


@pytest.mark.parametrize(
    ("name", "quantity", "value"),
    [
        ("R_T_0.5T", "field", 0.5),
        ("RT 500mT", "field", 0.5),
        ("rt_5000Oe_b", "field", 0.5),
        ("RT_1p5T", "field", 1.5),
        ("RB_2.5K", "temperature", 2.5),
        ("RB_300mK", "temperature", 0.3),
        ("R_T", "field", None),
        ("RT_1T_2T", "field", None),
        ("sample12_T", "field", None),
        ("R_-3T", "field", -3.0),
    ],
)
def test_values_in_names(name, quantity, value):
    assert value_in_name(Path(f"{name}.dat"), quantity) == (None if value is None else pytest.approx(value))


@pytest.mark.parametrize(
    ("heading", "quantity", "unit"),
    [
        ("Temperature (K)", "temperature", "K"),
        ("T/K", "temperature", "K"),
        ("Magnetic Field (Oe)", "field", "Oe"),
        ("B [mT]", "field", "mT"),
        ("mu0H (T)", "field", "T"),
        ("bpar", "field", ""),
        ("R_xy (Ohm)", "hall", "Ohm"),
        ("Hall resistance / mOhm", "hall", "mOhm"),
        ("lockin_1_ResX", "resistance", ""),
        ("dI/dV (S)", "conductance", "S"),
        ("v_bias", "bias", ""),
        ("Bridge 1 Std. Dev. (Ohms)", None, "Ohms"),
        ("time_s", None, ""),
        ("Comment", None, ""),
        ("Temperature setpoint (K)", None, "K"),
        ("heater_percent", None, ""),
    ],
)
def test_what_a_heading_says(heading, quantity, unit):
    assert name_of(heading) == quantity
    if quantity:
        assert split_heading(heading)[1] == unit


@pytest.mark.parametrize(
    ("quantity", "unit", "factor"),
    [
        ("field", "Oe", 1e-4),
        ("field", "kOe", 0.1),
        ("field", "kG", 0.1),
        ("field", "mT", 1e-3),
        ("temperature", "mK", 1e-3),
        ("resistance", "mOhm", 1e-3),
        ("resistance", "Ohms", 1.0),
        ("resistance", "kΩ", 1e3),
        ("resistance", "MOhm", 1e6),
        ("bias", "mV", 1e-3),
        ("field", "K", None),
        ("temperature", "C", None),
        ("resistance", "V", None),
    ],
)
def test_units(quantity, unit, factor):
    assert factor_to_si(quantity, unit) == (None if factor is None else pytest.approx(factor))


# -- field sweeps, Hall, spectra -----------------------------------------------------------------------------


def test_the_measured_bar():
    findings = found(DATA / "bar_197_up.dat", DATA / "bar_198_down.dat", "--temperature", 0.04)
    windows = [f for f in findings if f["quantity"] == "zero_resistance_window"]
    assert len(windows) == 6
    # the first channel by eye: -0.036 to 0.063 T and -0.066 to 0.030 T without resistance, steps of 3 mT
    assert windows[0]["value"] == pytest.approx(0.102, abs=0.004)
    assert windows[0]["conditions"]["channel"] == "lockin_1_ResX"
    shifts = [
        f["value"] for f in findings if f["quantity"] == "hysteresis" and f["conditions"]["side"] == "symmetrised"
    ]
    assert shifts == pytest.approx([0.0315, 0.027, 0.025], abs=0.004)


def test_hall_without_a_thickness_gives_a_sheet_density(tmp_path):
    field = np.linspace(-9e4, 9e4, 400)
    noise = np.random.default_rng(0).normal(0, 1e-3, 400)
    path = write(tmp_path / "hall_0.9K.csv", "Field (Oe),Rxy (Ohm)", (field, 0.3 + 2.0 * field * 1e-4 + noise))
    findings = {f["quantity"]: f for f in found(path)}
    # n = 1/(e 2 ohm/T)
    assert findings["sheet_density"]["value"] == pytest.approx(3.1207545e18, rel=1e-3)
    assert findings["hall_coefficient"]["conditions"]["temperature_K"] == pytest.approx(0.9)


def test_an_unknown_temperature_is_not_made_up(tmp_path):
    field = np.linspace(-9, 9, 200)
    path = write(tmp_path / "hall.csv", "B (T),Rxy (Ohm)", (field, 2.0 * field + 1e-6 * np.sin(1e3 * field)))
    for finding in found(path):
        assert "temperature_K" not in finding["conditions"]


def test_figures_and_findings_in_a_folder(tmp_path):
    path = write(tmp_path / "R_T_0T.dat", "T (K)\tR (Ohm)", rows(), "{}\t{}")
    result = run(path, "--orientation", "in_plane", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "out" / "findings.json").read_text())
    assert list((tmp_path / "out").glob("*.png"))


# -- mistakes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ("holds no rows",)),
        ("only words\nand more", ("line 1", "no row of numbers")),
        ("T (K),R (Ohm)\n1,2\n2,zwei\n3,4", ("line 3", "'zwei'")),
        ("T (K),R (Ohm)\n1,2\n2,3,4\n3,4", ("line 3", "3 columns", "2")),
        ("T (K),R (Volt)\n1,2\n2,3\n", ("column 2", "Volt", "ohm, mohm")),
        ("T (C),R (Ohm)\n1,2\n2,3\n", ("column 1", "'C'", "K, mK")),
        ("time (s),x\n1,2\n2,3\n", ("no column of resistance", "'time (s)'", "--column")),
        ("T (K),R (Ohm)\n4,2\n4,3\n4,5", ("neither temperature nor field varies",)),
        ("1 2\n2 3\n3 4", ("columns without headings", "--column")),
        ("[Header]\n[Data]\nTemperature (K),Bridge 1 Resistance (Ohms)\n", ("no row of numbers follows",)),
    ],
)
def test_one_clear_message(tmp_path, text, words):
    path = tmp_path / "bad.dat"
    path.write_text(text, encoding="utf-8")
    result = run(path)
    assert result.exit_code == 2
    assert "bad.dat" in result.output
    for word in words:
        assert word in result.output


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--column", "temperature=9"), ("'9'", "1 'T (K)'")),
        (("--column", "heat=1"), ("heat=1", "temperature, field")),
        (("--column", "temperature"), ("QUANTITY=NUMBER",)),
        (("--column", "temperature=1", "--column", "temperature=2"), ("twice",)),
        (("--column", "resistance=2:V"), ("'V'", "ohm, mohm")),
        (("--kind", "R(B)"), ("needs a column of field",)),
        (("--kind", "dI/dV"), ("needs a column of bias",)),
        (("--temperature", "-1"), ("--temperature",)),
    ],
)
def test_options_that_do_not_fit(tmp_path, options, words):
    result = run(write(tmp_path / "c.csv", "T (K),R (Ohm)", rows()), *options)
    assert result.exit_code == 2
    for word in words:
        assert word in result.output


def test_all_bad_files_are_named_at_once(tmp_path):
    result = run(tmp_path / "none.dat", tmp_path / "nothing.dat")
    assert result.exit_code == 2
    assert "none.dat" in result.output
    assert "nothing.dat" in result.output


def test_binary_is_no_table(tmp_path):
    (tmp_path / "x.dat").write_bytes(bytes(range(256)) * 10)
    assert "not a text file" in run(tmp_path / "x.dat").output


def spoiled(kind):
    t, r = rows()
    rng = np.random.default_rng(5)
    if kind == "nan":
        r[::7] = np.nan
    elif kind == "shuffled":
        order = rng.permutation(t.size)
        t, r = t[order], r[order]
    elif kind == "doubled":
        t, r = np.repeat(t, 2), np.repeat(r, 2)
    elif kind == "spike":
        r[150] = 40.0
    elif kind == "constant":
        r[:] = 0.3
    elif kind == "noise":
        r = rng.normal(0, 2e-3, r.size)
    elif kind == "negative":
        r = -r
    return t, r


@pytest.mark.parametrize("kind", ["nan", "shuffled", "doubled"])
def test_data_that_are_bad_but_say_enough(tmp_path, kind):
    finding = middle(write(tmp_path / "c.csv", "T (K),R (Ohm)", spoiled(kind)))
    assert finding["value"] == pytest.approx(6.0, abs=5 * finding["error"])


def test_a_spike_gives_no_wrong_number(tmp_path):
    finding = middle(write(tmp_path / "c.csv", "T (K),R (Ohm)", spoiled("spike")))
    if finding["value"] is None:
        assert finding["reason"]
    else:
        assert finding["value"] == pytest.approx(6.0, abs=5 * finding["error"])


@pytest.mark.parametrize("kind", ["constant", "noise", "negative"])
def test_data_that_say_nothing_give_no_number(tmp_path, kind):
    for finding in found(write(tmp_path / "c.csv", "T (K),R (Ohm)", spoiled(kind))):
        assert finding["value"] is None
        assert finding["reason"]


def test_lines_of_rows_are_kept_for_messages(tmp_path):
    table = read_table(write(tmp_path / "c.csv", "T (K),R (Ohm)", ([1, 2], [3, 4]), before="a remark\n"))
    assert table.lines.tolist() == [3, 4]
    assert table.headings == ("T (K)", "R (Ohm)")
