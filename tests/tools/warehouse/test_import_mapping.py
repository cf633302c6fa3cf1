"""A merchant's own mapping: it reads what it describes, its mistakes are named, and its quotes stay text."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import yaml

from tests.conftest import ROOT
from tests.tools.warehouse.import_desk import Desk
from tools.errors import ImportRefused

D = Decimal


def test_a_merchants_own_mapping(desk: Desk) -> None:
    mapping = desk.root / "erp.yaml"
    mapping.write_text(
        """
id: my_erp
label: {zh: 我的 ERP, en: My ERP}
download: {zh: ERP 报表, en: ERP report}
detect: [[no, money]]
fields:
  no: {type: id, names: [单号], required: true}
  money: {type: money, names: [成交额]}
  day: {type: time, names: [成交日], day_first: true}
  member: {type: buyer, names: [会员]}
targets:
  orders:
    columns:
      order_id: no
      status: {const: paid}
      paid_at: day
      paid_date: {date: day}
      gross_amount: money
      refund_amount: {const: 0}
      buyer_key: member
""",
        encoding="utf-8",
    )
    path = desk.write(
        "erp.csv",
        '单号,成交额,成交日,会员\nA1,¥ 1\u00a0,3/4/2024,m1\nA2,"(2,000.50)",13/4/2024 08:30,m2\n',
        encoding="utf-8",
    )
    (report,) = desk.load(path, mapping=mapping)
    assert (report.format, report.accepted) == ("my_erp", 2)
    assert desk.query("SELECT paid_date, gross_amount FROM orders ORDER BY order_id") == [
        (date(2024, 4, 3), D(1)),
        (date(2024, 4, 13), D("-2000.50")),
    ]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("surprise: 1", "surprise"),
        ("let: {x: {sql: 'DROP TABLE orders'}}", "unknown operation"),
        ("let: {x: nowhere}", "nowhere"),
        ("reject: [{when: {in: [no, []]}, reason: {zh: a, en: b}}]", "unknown condition"),
        ("id: [", "parsing"),
    ],
)
def test_a_wrong_mapping_names_its_mistake(desk: Desk, change: str, says: str) -> None:
    mapping = desk.root / "m.yaml"
    text = "label: {zh: a, en: b}\ndownload: {zh: a, en: b}\ndetect: [[no]]\nfields: {no: {type: id, names: [x]}}\n"
    text += "targets: {products: {columns: {product_id: no}}}\n"
    mapping.write_text(("" if change.startswith("id") else "id: m\n") + text + change, encoding="utf-8")
    with pytest.raises(ImportRefused) as caught:
        desk.load(desk.write("a.csv", "x,y\n1,2\n"), mapping=mapping)
    assert says in caught.value.message.en


def test_quotes_in_a_mapping_stay_text(desk: Desk) -> None:
    mapping = desk.root / "m.yaml"
    mapping.write_text(
        "id: m\nlabel: {zh: a, en: b}\ndownload: {zh: a, en: b}\ndetect: [[no]]\n"
        "fields: {no: {type: id, names: [x]}, t: {type: text, names: [y]}}\n"
        'targets: {products: {columns: {product_id: no, title: {const: "a\'); DROP TABLE orders; --"}, category: '
        '{if: {has: [t, ["\'"]]}, then: {const: "\'"}}}}}\n',
        encoding="utf-8",
    )
    desk.load(desk.write("a.csv", "x,y\n1,it's\n"), mapping=mapping)
    assert desk.query("SELECT title, category FROM products") == [("a'); DROP TABLE orders; --", "'")]


def test_the_documented_mapping_reads_a_plugin_nobody_knows(desk: Desk) -> None:
    """The example in seeds/formats/README.md, word for word."""
    text = (ROOT / "seeds" / "formats" / "README.md").read_text(encoding="utf-8")
    example = text.split("```yaml\n", 1)[1].split("```", 1)[0]
    mapping = desk.write("my_shop.yaml", example, encoding="utf-8")
    assert yaml.safe_load(example)["id"] == "my_shop"
    path = desk.write(
        "pedidos.csv",
        "Pedido;Estado;Fecha;Importe;Descuento;Correo;Vale\n"
        "77;terminado;03/04/2026 10:15;59.90;5.00;Jane@example.com;ABRIL\n"
        "78;abierto;03/04/2026 11:00;10.00;0.00;joe@example.com;\n"
        "79;perdido;03/04/2026 11:00;10.00;0.00;joe@example.com;\n",
        encoding="utf-8",
    )
    (report,) = desk.load(path, mapping=mapping)
    assert (report.format, report.accepted, report.rejected) == ("my_shop", 2, 1)
    assert desk.query(
        "SELECT order_id, status, paid_date, gross_amount, discount_amount, promotion_id FROM orders ORDER BY 1"
    ) == [
        ("77", "completed", date(2026, 4, 3), D("59.90"), D(5), "ABRIL"),
        ("78", "created", None, D(0), D(0), None),
    ]
