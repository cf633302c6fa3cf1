"""The annotated brief that `advisor live example` prints: it runs as it is, on a shop with data and on an empty one."""

EXAMPLE = """\
# 直播需求 / a brief for the livestream tools.   advisor live modes THIS_FILE
# 写什么就以什么为准；没写的先从店铺数据里取，再用你在对话里说过的，最后才是公开参考（会注明）。
# What is written here counts; what is left out comes from the shop's data, then from what you said in a chat, then from marked references.
room: 品牌直播间               # 直播间名 / name of the room
platform: taobao               # taobao, douyin, kuaishou
# category: 美容护肤           # 默认用店铺类目 / default: the shop's
# month: 2026-10               # 核算哪个月（costs）/ the month that `costs` looks at

economics:                     # 每单赚多少；店里有数据的可以删掉 / what an order leaves; drop what the shop's tables hold
  order_value: 200             # 笔单价 / order value
  cancelled: 12%               # 发货前取消退款占支付 / refunded before shipping, share of paid GMV
  returned: 18%                # 发货后退货占支付 / returned after shipping
  cost_share: 35%              # 货成本占成交价 / cost of goods, share of the price paid
  platform_fee: 5%             # 平台扣点+支付手续费，没有默认值 / platform and payment fee, no default exists
  outbound: 4                  # 每单快递 / parcel per order
  return_parcel: 6             # 每单退货运费 / return parcel
  insurance: 0.8               # 每单运费险 / return insurance per order
  lost_share: 10%              # 退回不能再卖的比例 / returned goods lost
  taxpayer: unknown            # general 一般纳税人 | small 小规模 | unknown（先不算增值税 / VAT left out）
  cost_invoiced: true          # 进货有没有专票 / purchases come with special invoices

self_run:                      # 自播 / a room of your own, per month
  fixed: 9万                   # 人、场地、软件 / people, room, software
  ad_share: 15%                # 投流占支付 / ads, share of paid GMV
  expected_gmv: 22万           # 一个月预计支付 / paid GMV expected a month

agencies:                      # 代播；可写几家比较 / agencies, several may be compared
  - name: 代播
    fee: 3万                   # 每月固定费 / fixed fee a month
    commission: 8%             # 佣金；分级写 steps: [{up_to: 10万, rate: 10%}, {rate: 15%}] / or steps
    base: received             # paid 按支付 | shipped 按发货 | received 按退后
    kept: 1.5万                # 自己还要付的 / what you still pay
    ad_share: 15%
    expected_gmv: 22万

# creators:                    # 达人 / MCN
#   - {name: 达人A, kind: creator, slot_fee: 5万, commission: 20%, guaranteed: 30万, guarantee_counts: received, known_buyers: 30%}

session:                       # 要排的一场 / the stream to plan
  start: 19:30
  lasting: 4                   # 小时，最多 24 / hours, at most 24
  viewers: 3000                # 没有历史时的预计观看人数 / where the room has no history
items:                         # 这场的商品；role: hook 引流 bridge 承接 hero 主推 profit 利润 image 形象
  - {sku: A1, title: 洁面慕斯 旅行装, role: hook, price: 19.9, cost: 12, stock: 200, units_per_1000: 12}
  - {sku: A2, title: 神经酰胺面霜 50g, role: hero, price: 169, list_price: 219, cost: 46, stock: 600, units_per_1000: 6}
  - {sku: A3, title: 面霜加精华礼盒, role: profit, price: 299, cost: 80, stock: 300, units_per_1000: 3}
hosts:                         # 主播，时薪已含在 fixed 里就写 0 / hourly pay, 0 where `fixed` holds it
  - {name: 小满, hourly: 0}
  - {name: 牧然, hourly: 0}
rota: {hours_week: 24}         # 每周开播小时 / hours on air a week
"""
